/**
 * An opened inode as a file object: regular files, directories and the devices of the file system.
 */
import type { Inode, IoctlArgument, OpenFile, Readiness, Stat } from "../../vfs/types.ts";
import { LinuxError } from "../errno.ts";
import { WaitQueue } from "../wait-queue.ts";
import type { FileObject, Transfer } from "./file-object.ts";

/** A regular file, directory or device node that was opened. */
export class InodeFile implements FileObject {
  readonly kind = "inode";
  readonly file: OpenFile;
  readonly waiters: WaitQueue = new WaitQueue();
  readonly #unsubscribe: (() => void) | undefined;

  constructor(file: OpenFile) {
    this.file = file;
    this.#unsubscribe = file.subscribe?.(() => this.waiters.wake());
  }

  get label(): string {
    return "";
  }

  get seekable(): boolean {
    return this.file.seekable;
  }

  read(target: Uint8Array, { position }: Transfer): number {
    return this.file.read(target, position);
  }

  write(bytes: Uint8Array, { position, append }: Transfer): number {
    return append ? this.file.append(bytes) : this.file.write(bytes, position);
  }

  readiness(): Readiness {
    return this.file.readiness();
  }

  stat(): Stat {
    return this.file.inode.stat();
  }

  ioctl(request: number, argument: IoctlArgument): number {
    return this.file.ioctl(request, argument);
  }

  close(): void {
    this.#unsubscribe?.();
    this.file.close();
  }
}

/** What O_PATH opens: a place, on which only `fstat` and the `*at` calls work. */
export class PathFile implements FileObject {
  readonly kind = "path";
  readonly label = "";
  readonly seekable = false;
  readonly waiters: WaitQueue = new WaitQueue();
  readonly inode: Inode;

  constructor(inode: Inode) {
    this.inode = inode;
  }

  read(): number {
    throw new LinuxError("EBADF");
  }

  write(): number {
    throw new LinuxError("EBADF");
  }

  readiness(): Readiness {
    return { readable: false, writable: false, hangup: false, error: true };
  }

  stat(): Stat {
    return this.inode.stat();
  }

  ioctl(): number {
    throw new LinuxError("EBADF");
  }

  close(): void {}
}
