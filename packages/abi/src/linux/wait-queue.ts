/**
 * Queues of those who wait for something to change: threads in a system call, epoll instances.
 * Waking means "look again", so that a spurious wake-up is harmless.
 */

/** Somebody who waits. */
export interface Waiter {
  /** Something may have changed. Must not call back into the queue's owner at once. */
  wake(): void;
}

/** Waiters in order of arrival. */
export class WaitQueue {
  // Mostly none or one: an array beats a Set, whose table is rebuilt under steady coming and going.
  #waiters: readonly Waiter[] = none;

  /** How many wait. */
  get size(): number {
    return this.#waiters.length;
  }

  /** Adds a waiter that is not in the queue. */
  add(waiter: Waiter): void {
    this.#waiters = this.#waiters.length === 0 ? [waiter] : [...this.#waiters, waiter];
  }

  remove(waiter: Waiter): void {
    const waiters = this.#waiters;
    if (waiters.length === 1) {
      if (waiters[0] === waiter) this.#waiters = none;
      return;
    }
    this.#waiters = waiters.filter((other) => other !== waiter);
  }

  /** Wakes all; they stay in the queue until they remove themselves. */
  wake(): void {
    // Changes replace the array, so this one is not changed underneath the loop.
    for (const waiter of this.#waiters) waiter.wake();
  }
}

const none: readonly Waiter[] = [];
