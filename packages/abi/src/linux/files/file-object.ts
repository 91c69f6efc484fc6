/**
 * What the kernel needs of anything that a file descriptor can name: an opened inode, a pipe's end,
 * an eventfd, a socket …
 */
import type { IoctlArgument, OpenFile, Readiness, Stat } from "../../vfs/types.ts";
import { LinuxError } from "../errno.ts";
import type { Thread } from "../process/thread.ts";
import type { WaitQueue } from "../wait-queue.ts";

/** What a transfer needs to know beyond the bytes. */
export interface Transfer {
  /** The file position of seekable objects. */
  readonly position: number;
  /** Write at the end, whatever the position (O_APPEND). */
  readonly append: boolean;
  /** O_NONBLOCK is set: some objects accept a partial write only then. */
  readonly nonBlocking: boolean;
  /** Who transfers; signalfd and terminals care. */
  readonly task: Thread;
}

/** An object behind a file description. All operations fail by throwing {@link LinuxError}. */
export interface FileObject {
  /** What it is, for diagnostics and for `/proc/self/fd`. */
  readonly kind: FileObjectKind;
  /** The text of its `/proc/self/fd` link when it has no place in the tree: `pipe:[7]`. */
  readonly label: string;
  /** Whether it has a position: otherwise `lseek` and `pread` give ESPIPE. */
  readonly seekable: boolean;
  /** Woken whenever {@link readiness} may have changed. */
  readonly waiters: WaitQueue;
  /** The opened inode, for files that live in the tree. */
  readonly file?: OpenFile | undefined;
  /** Reads into `target`; 0 is the end of the file. EAGAIN: wait for readiness and try again. */
  read(target: Uint8Array, transfer: Transfer): number;
  /** Writes; fewer bytes than given is a partial write. EAGAIN: wait for readiness and try again. */
  write(bytes: Uint8Array, transfer: Transfer): number;
  readiness(task: Thread): Readiness;
  stat(): Stat;
  /** @throws LinuxError ENOTTY where the request isn't known. */
  ioctl(request: number, argument: IoctlArgument, task: Thread): number;
  /**
   * The object that opening its `/proc/self/fd` link gives, for objects without a place in the
   * tree; absent: ENXIO.
   */
  reopen?(access: { readonly read: boolean; readonly write: boolean }): FileObject;
  /** The last description of the object is closed. */
  close(): void;
}

/** The kinds of file objects. */
export type FileObjectKind =
  | "inode"
  | "path"
  | "pipe"
  | "eventfd"
  | "timerfd"
  | "signalfd"
  | "epoll"
  | "socket"
  | "terminal"
  | "stream"
  | "pidfd";

/** Defaults for objects that have no place in the tree and can only do a part. */
export abstract class AnonymousFile {
  /** The inode number that `fstat` shows. */
  readonly inode: number;

  constructor(inode: number) {
    this.inode = inode;
  }

  get seekable(): boolean {
    return false;
  }

  read(_target: Uint8Array, _transfer: Transfer): number {
    throw new LinuxError("EINVAL");
  }

  write(_bytes: Uint8Array, _transfer: Transfer): number {
    throw new LinuxError("EINVAL");
  }

  ioctl(_request: number, _argument: IoctlArgument, _task: Thread): number {
    throw new LinuxError("ENOTTY");
  }

  stat(): Stat {
    return anonymousStat(this.inode, 0o600);
  }

  close(): void {}
}

/** Attributes of an object without a place in the tree. `mode` includes the type bits. */
export function anonymousStat(inode: number, mode: number): Stat {
  return {
    dev: 14,
    ino: BigInt(inode),
    mode,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    sizeBytes: 0,
    blockBytes: 4096,
    blocks: 0,
    atimeNanos: 0n,
    mtimeNanos: 0n,
    ctimeNanos: 0n,
    btimeNanos: undefined,
  };
}
