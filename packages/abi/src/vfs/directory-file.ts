/** An open directory: all that can be done with one is to list it. */
import { LinuxError } from "../linux/errno.ts";
import type { DirectoryEntry, Inode, OpenFile, Readiness } from "./types.ts";

/** Lists a directory from a position on. */
export type DirectoryLister = (position: number) => Iterable<DirectoryEntry>;

/** Always ready, as regular files and directories are. */
export const alwaysReady: Readiness = Object.freeze({
  readable: true,
  writable: true,
  hangup: false,
  error: false,
});

/** An open directory over a function that lists it. */
export class DirectoryFile implements OpenFile {
  readonly inode: Inode;
  readonly seekable = true;
  readonly #list: DirectoryLister;
  readonly #close: () => void;

  constructor(inode: Inode, list: DirectoryLister, close: () => void = () => {}) {
    this.inode = inode;
    this.#list = list;
    this.#close = close;
  }

  read(): number {
    throw new LinuxError("EISDIR");
  }

  write(): number {
    throw new LinuxError("EBADF");
  }

  append(): number {
    throw new LinuxError("EBADF");
  }

  readDirectory(position: number): Iterable<DirectoryEntry> {
    return this.#list(position);
  }

  size(): number {
    return this.inode.stat().sizeBytes;
  }

  seekExtent(): number {
    throw new LinuxError("EINVAL");
  }

  truncate(): void {
    throw new LinuxError("EINVAL");
  }

  allocate(): void {
    throw new LinuxError("EBADF");
  }

  sync(): void {}

  readiness(): Readiness {
    return alwaysReady;
  }

  ioctl(): number {
    throw new LinuxError("ENOTTY");
  }

  close(): void {
    this.#close();
  }
}
