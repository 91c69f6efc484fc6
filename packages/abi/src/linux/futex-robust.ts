/**
 * Robust futexes: locks that a thread held when it ended are marked and handed on.
 * @see get_robust_list(2), Documentation/locking/robust-futexes.rst
 */
import { GuestFault } from "./address-space.ts";
import type { Kernel } from "./kernel.ts";
import type { Thread } from "./process/thread.ts";

const FUTEX_WAITERS = 0x8000_0000;
const FUTEX_OWNER_DIED = 0x4000_0000;
const FUTEX_TID_MASK = 0x3fff_ffff;
// A list is walked no further than this, so that a hostile one ends.
const ROBUST_LIST_LIMIT = 2048;

/** Walks the list that a thread registered with set_robust_list(2). */
export function releaseRobustFutexes(kernel: Kernel, thread: Thread): void {
  const head = thread.robustList;
  if (head === 0) return;
  const { memory } = thread.process;
  const { guest } = memory;
  const { wordBytes } = guest.model;
  thread.robustList = 0;
  try {
    const offset =
      wordBytes === 8
        ? Number(BigInt.asIntN(64, guest.readU64(head + wordBytes)))
        : guest.readI32(head + wordBytes);
    const pending = guest.readWord(head + 2 * wordBytes);
    let entry = guest.readWord(head);
    for (let count = 0; entry !== head && count < ROBUST_LIST_LIMIT; count += 1) {
      // The lowest bit marks priority-inheriting locks.
      const lock = entry - (entry % 2);
      const next = guest.readWord(lock);
      if (lock !== pending) release(kernel, thread, lock + offset);
      entry = next;
    }
    if (pending !== 0) release(kernel, thread, pending - (pending % 2) + offset);
  } catch (error) {
    if (!(error instanceof GuestFault)) throw error;
  }
}

function release(kernel: Kernel, thread: Thread, address: number): void {
  const { memory } = thread.process;
  const value = memory.guest.readU32(address);
  if ((value & FUTEX_TID_MASK) !== thread.id) return;
  memory.guest.writeU32(address, ((value & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0);
  if ((value & FUTEX_WAITERS) !== 0) kernel.futexes.wake(memory, address, 1);
}
