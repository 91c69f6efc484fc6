/**
 * epoll: a set of files, and which of them are ready.
 * @see epoll(7), epoll_ctl(2)
 */
import type { Readiness } from "../../vfs/types.ts";
import { LinuxError } from "../errno.ts";
import type { Thread } from "../process/thread.ts";
import type { Waiter } from "../wait-queue.ts";
import { WaitQueue } from "../wait-queue.ts";
import type { FileDescription } from "./description.ts";
import type { FileObject } from "./file-object.ts";
import { AnonymousFile } from "./file-object.ts";
import { ALWAYS_REPORTED, eventBits } from "./readiness-events.ts";

/** Bits beside the events. */
export const epollFlags = {
  EPOLLEXCLUSIVE: 0x1000_0000,
  EPOLLWAKEUP: 0x2000_0000,
  EPOLLONESHOT: 0x4000_0000,
  EPOLLET: 0x8000_0000,
} as const;

/** What is reported of a ready file. */
export interface EpollEvent {
  readonly events: number;
  readonly data: bigint;
}

// Deeper nesting of epoll instances gives ELOOP.
const MAX_NESTING = 5;

class Interest implements Waiter {
  readonly description: FileDescription;
  events: number;
  data: bigint;
  readonly #epoll: Epoll;
  readonly #forget: () => void;

  constructor(epoll: Epoll, fd: number, description: FileDescription, event: EpollEvent) {
    this.#epoll = epoll;
    this.description = description;
    this.events = event.events;
    this.data = event.data;
    this.#forget = () => epoll.remove(fd, description);
    description.object.waiters.add(this);
    description.closing.add(this.#forget);
  }

  wake(): void {
    this.#epoll.changed(this);
  }

  end(): void {
    this.description.object.waiters.remove(this);
    this.description.closing.delete(this.#forget);
  }
}

/** An epoll instance. */
export class Epoll extends AnonymousFile implements FileObject {
  readonly kind = "epoll";
  readonly label = "anon_inode:[eventpoll]";
  readonly waiters: WaitQueue = new WaitQueue();
  /** By descriptor number, then description: a number may be reused while the old file lives on. */
  readonly #interests = new Map<number, Map<FileDescription, Interest>>();
  /** Those whose readiness has to be looked at, in order of their events. */
  readonly #candidates = new Set<Interest>();

  /** EPOLL_CTL_ADD. @throws LinuxError EEXIST, EPERM, ELOOP. */
  add(fd: number, description: FileDescription, event: EpollEvent): void {
    const { object } = description;
    if (object.kind === "path") throw new LinuxError("EBADF");
    // Regular files and directories are always ready; Linux refuses to watch them.
    if (object.kind === "inode" && isStored(object)) throw new LinuxError("EPERM");
    if (object instanceof Epoll && (object.#contains(this) || object.#depth() >= MAX_NESTING)) {
      throw new LinuxError("ELOOP");
    }
    let byDescription = this.#interests.get(fd);
    if (byDescription?.has(description) === true) throw new LinuxError("EEXIST");
    if (byDescription === undefined) {
      byDescription = new Map();
      this.#interests.set(fd, byDescription);
    }
    const interest = new Interest(this, fd, description, event);
    byDescription.set(description, interest);
    this.changed(interest);
  }

  /** EPOLL_CTL_MOD. @throws LinuxError ENOENT. */
  modify(fd: number, description: FileDescription, event: EpollEvent): void {
    const interest = this.#interests.get(fd)?.get(description);
    if (interest === undefined) throw new LinuxError("ENOENT");
    interest.events = event.events;
    interest.data = event.data;
    this.changed(interest);
  }

  /** EPOLL_CTL_DEL; gives false if it wasn't there. */
  remove(fd: number, description: FileDescription): boolean {
    const byDescription = this.#interests.get(fd);
    const interest = byDescription?.get(description);
    if (byDescription === undefined || interest === undefined) return false;
    interest.end();
    byDescription.delete(description);
    if (byDescription.size === 0) this.#interests.delete(fd);
    this.#candidates.delete(interest);
    return true;
  }

  /** A file's readiness may have changed. */
  changed(interest: Interest): void {
    this.#candidates.add(interest);
    this.waiters.wake();
  }

  /** Takes up to `limit` events. */
  take(limit: number, task: Thread): EpollEvent[] {
    const taken: EpollEvent[] = [];
    const again: Interest[] = [];
    for (const interest of [...this.#candidates]) {
      if (taken.length >= limit) break;
      this.#candidates.delete(interest);
      const events = pendingEvents(interest, task);
      if (events === 0) continue;
      taken.push({ events, data: interest.data });
      if ((interest.events & epollFlags.EPOLLONESHOT) !== 0) interest.events = 0;
      else if ((interest.events & epollFlags.EPOLLET) === 0) again.push(interest);
    }
    // A level-triggered file stays a candidate, behind those that were not reported yet.
    for (const interest of again) this.#candidates.add(interest);
    return taken;
  }

  readiness(task: Thread): Readiness {
    let readable = false;
    for (const interest of this.#candidates) {
      if (pendingEvents(interest, task) !== 0) {
        readable = true;
        break;
      }
    }
    return { readable, writable: false, hangup: false, error: false };
  }

  override close(): void {
    for (const byDescription of this.#interests.values()) {
      for (const interest of byDescription.values()) interest.end();
    }
    this.#interests.clear();
    this.#candidates.clear();
  }

  *#objects(): Iterable<FileObject> {
    for (const byDescription of this.#interests.values()) {
      for (const { description } of byDescription.values()) yield description.object;
    }
  }

  #contains(other: Epoll): boolean {
    if (other === this) return true;
    for (const object of this.#objects()) {
      if (object instanceof Epoll && object.#contains(other)) return true;
    }
    return false;
  }

  #depth(): number {
    let depth = 1;
    for (const object of this.#objects()) {
      if (object instanceof Epoll) depth = Math.max(depth, 1 + object.#depth());
    }
    return depth;
  }
}

function pendingEvents(interest: Interest, task: Thread): number {
  // A spent one-shot interest has no events, not even those that are always reported.
  if (interest.events === 0) return 0;
  const { object } = interest.description;
  return eventBits(object.readiness(task)) & (interest.events | ALWAYS_REPORTED);
}

function isStored(object: FileObject): boolean {
  const kind = object.file?.inode.kind;
  return kind === "file" || kind === "directory";
}
