/** An open generated file: its contents are a snapshot, made when a read starts at the beginning. */
import { LinuxError } from "../../linux/errno.ts";
import { alwaysReady } from "../directory-file.ts";
import type { Inode, OpenFile, Readiness } from "../types.ts";
import type { SyntheticFile } from "./tree.ts";

const encoder = new TextEncoder();

/** An open generated file. */
export class SyntheticOpenFile implements OpenFile {
  readonly inode: Inode;
  readonly seekable = true;
  readonly #file: SyntheticFile;
  #contents: Uint8Array | undefined;

  constructor(inode: Inode, file: SyntheticFile) {
    this.inode = inode;
    this.#file = file;
  }

  read(buffer: Uint8Array, position: number): number {
    if (position === 0 || this.#contents === undefined) {
      const contents = this.#file.read();
      this.#contents = typeof contents === "string" ? encoder.encode(contents) : contents;
    }
    const part = this.#contents.subarray(position, position + buffer.length);
    buffer.set(part);
    return part.length;
  }

  write(buffer: Uint8Array): number {
    if (this.#file.write === undefined) throw new LinuxError("EIO");
    this.#file.write(buffer.slice());
    return buffer.length;
  }

  append(buffer: Uint8Array): number {
    return this.write(buffer);
  }

  readDirectory(): never {
    throw new LinuxError("ENOTDIR");
  }

  size(): number {
    return 0;
  }

  seekExtent(): number {
    throw new LinuxError("EINVAL");
  }

  truncate(sizeBytes: number): void {
    this.inode.truncate(sizeBytes);
  }

  allocate(): void {
    throw new LinuxError("EOPNOTSUPP");
  }

  sync(): void {
    throw new LinuxError("EINVAL");
  }

  readiness(): Readiness {
    return alwaysReady;
  }

  ioctl(): number {
    throw new LinuxError("ENOTTY");
  }

  close(): void {}
}
