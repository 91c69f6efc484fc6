/**
 * Advisory locks on files: record locks of processes, of descriptions, and whole-file locks.
 * @see fcntl(2) "Advisory record locking", flock(2)
 */
import type { Inode } from "../../vfs/types.ts";
import { WaitQueue } from "../wait-queue.ts";

/** A range of a file that somebody has locked; `end` is exclusive and may be Infinity. */
export interface RecordLock {
  readonly owner: object;
  /** The owner's process id, for F_GETLK; -1 for locks of descriptions. */
  readonly pid: number;
  readonly isExclusive: boolean;
  readonly start: number;
  readonly end: number;
}

interface InodeLocks {
  records: RecordLock[];
  /** flock(2): owner to whether it is exclusive. */
  readonly whole: Map<object, boolean>;
  readonly waiters: WaitQueue;
}

/** All locks of a kernel. */
export class FileLocks {
  readonly #locks = new Map<Inode, InodeLocks>();

  /** Woken when locks of the file are released. */
  waiters(inode: Inode): WaitQueue {
    return this.#of(inode).waiters;
  }

  /** A lock of somebody else's that a range would conflict with. */
  conflict(inode: Inode, wanted: RecordLock): RecordLock | undefined {
    return this.#locks
      .get(inode)
      ?.records.find(
        (lock) =>
          lock.owner !== wanted.owner &&
          (lock.isExclusive || wanted.isExclusive) &&
          lock.start < wanted.end &&
          lock.end > wanted.start,
      );
  }

  /** Sets a lock that conflicts with nobody's; the owner's former locks in the range are replaced. */
  lock(inode: Inode, wanted: RecordLock): void {
    this.unlock(inode, wanted.owner, wanted.start, wanted.end);
    this.#of(inode).records.push(wanted);
    // An exclusive lock that became a shared one may let others in.
    this.#of(inode).waiters.wake();
  }

  /** Removes the owner's locks from a range, splitting those that reach out of it. */
  unlock(inode: Inode, owner: object, start: number, end: number): void {
    const locks = this.#locks.get(inode);
    if (locks === undefined) return;
    const kept: RecordLock[] = [];
    for (const lock of locks.records) {
      if (lock.owner !== owner || lock.end <= start || lock.start >= end) {
        kept.push(lock);
        continue;
      }
      if (lock.start < start) kept.push({ ...lock, end: start });
      if (lock.end > end) kept.push({ ...lock, start: end });
    }
    locks.records = kept;
    locks.waiters.wake();
    this.#sweep(inode, locks);
  }

  /** flock(2). Gives false if others' locks are in the way. */
  lockWhole(inode: Inode, owner: object, isExclusive: boolean): boolean {
    const { whole, waiters } = this.#of(inode);
    for (const [other, exclusive] of whole) {
      if (other !== owner && (exclusive || isExclusive)) return false;
    }
    whole.set(owner, isExclusive);
    waiters.wake();
    return true;
  }

  unlockWhole(inode: Inode, owner: object): void {
    const locks = this.#locks.get(inode);
    if (locks?.whole.delete(owner) !== true) return;
    locks.waiters.wake();
    this.#sweep(inode, locks);
  }

  /** Releases what a process has locked: it has ended, or closed a descriptor of the file. */
  releaseProcess(process: object, inode?: Inode): void {
    const inodes = inode === undefined ? [...this.#locks.keys()] : [inode];
    for (const each of inodes) this.unlock(each, process, 0, Number.POSITIVE_INFINITY);
  }

  #of(inode: Inode): InodeLocks {
    let locks = this.#locks.get(inode);
    if (locks === undefined) {
      locks = { records: [], whole: new Map(), waiters: new WaitQueue() };
      this.#locks.set(inode, locks);
    }
    return locks;
  }

  #sweep(inode: Inode, locks: InodeLocks): void {
    if (locks.records.length === 0 && locks.whole.size === 0 && locks.waiters.size === 0) {
      this.#locks.delete(inode);
    }
  }
}
