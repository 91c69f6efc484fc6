/**
 * Futexes: threads that wait on a word of memory.
 * @see futex(2), futex(7)
 */
import type { MemoryImage } from "./memory/memory-image.ts";
import { WaitQueue } from "./wait-queue.ts";

/** Matches every waiter and every waker. */
export const FUTEX_BITSET_MATCH_ANY = 0xffff_ffff;

/** A thread that waits on a futex. */
export interface FutexWaiter {
  readonly queue: WaitQueue;
  readonly bitset: number;
  /** What it waits on now: requeueing changes it. */
  key: FutexKey;
  woken: boolean;
}

/** Identifies a futex: the memory (or the shared mapping's source) and the place in it. */
export interface FutexKey {
  readonly owner: object;
  readonly offset: number;
}

/** The identity of the word at an address. */
export function futexKey(memory: MemoryImage, address: number): FutexKey {
  const region = memory.space.regionAt(address);
  if (region?.shared === true && region.source !== undefined) {
    return { owner: region.source, offset: region.sourceOffset + (address - region.start) };
  }
  return { owner: memory.space, offset: address };
}

/** All futexes that somebody waits on. */
export class FutexTable {
  readonly #waiters = new WeakMap<object, Map<number, FutexWaiter[]>>();

  /** Makes a waiter and puts it at the end of its futex's queue. */
  wait(memory: MemoryImage, address: number, bitset: number): FutexWaiter {
    const key = futexKey(memory, address);
    const waiter: FutexWaiter = { queue: new WaitQueue(), bitset, key, woken: false };
    this.#queue(key).push(waiter);
    return waiter;
  }

  /** Takes a waiter out that gives up. */
  remove(waiter: FutexWaiter): void {
    const queue = this.#queue(waiter.key);
    const at = queue.indexOf(waiter);
    if (at >= 0) queue.splice(at, 1);
    this.#sweep(waiter.key, queue);
  }

  /** Wakes at most `count` waiters whose bits match, oldest first; gives how many. */
  wake(
    memory: MemoryImage,
    address: number,
    count: number,
    bitset: number = FUTEX_BITSET_MATCH_ANY,
  ): number {
    const key = futexKey(memory, address);
    const queue = this.#queue(key);
    let woken = 0;
    for (let at = 0; at < queue.length && woken < count; ) {
      const waiter = queue[at];
      if (waiter === undefined) break;
      if ((waiter.bitset & bitset) === 0) {
        at += 1;
        continue;
      }
      queue.splice(at, 1);
      waiter.woken = true;
      waiter.queue.wake();
      woken += 1;
    }
    this.#sweep(key, queue);
    return woken;
  }

  /** Moves at most `count` waiters to another futex; gives how many. */
  requeue(memory: MemoryImage, from: number, to: number, count: number): number {
    const source = futexKey(memory, from);
    const target = futexKey(memory, to);
    const queue = this.#queue(source);
    const moved = queue.splice(0, Math.max(0, count));
    const targetQueue = this.#queue(target);
    for (const waiter of moved) {
      waiter.key = target;
      targetQueue.push(waiter);
    }
    this.#sweep(source, queue);
    this.#sweep(target, targetQueue);
    return moved.length;
  }

  #queue(key: FutexKey): FutexWaiter[] {
    let byOffset = this.#waiters.get(key.owner);
    if (byOffset === undefined) {
      byOffset = new Map();
      this.#waiters.set(key.owner, byOffset);
    }
    let queue = byOffset.get(key.offset);
    if (queue === undefined) {
      queue = [];
      byOffset.set(key.offset, queue);
    }
    return queue;
  }

  #sweep(key: FutexKey, queue: readonly FutexWaiter[]): void {
    if (queue.length === 0) this.#waiters.get(key.owner)?.delete(key.offset);
  }
}
