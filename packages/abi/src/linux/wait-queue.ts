/**
 * Queues of those who wait for something to change: threads in a system call, epoll instances.
 * Waking means "look again", so that a spurious wake-up is harmless.
 */

/** Somebody who waits. */
export interface Waiter {
  /** Something may have changed. Must not call back into the queue's owner at once. */
  wake(): void;
}

/** A set of waiters in order of arrival. */
export class WaitQueue {
  readonly #waiters = new Set<Waiter>();

  /** How many wait. */
  get size(): number {
    return this.#waiters.size;
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  remove(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /** Wakes all; they stay in the queue until they remove themselves. */
  wake(): void {
    if (this.#waiters.size === 0) return;
    for (const waiter of [...this.#waiters]) waiter.wake();
  }
}
