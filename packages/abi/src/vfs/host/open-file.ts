/** A file of the host that the guest has open. */
import { LinuxError } from "../../linux/errno.ts";
import { alwaysReady } from "../directory-file.ts";
import type { AllocateMode, OpenFile, Readiness } from "../types.ts";
import type { HostFile } from "./driver.ts";
import { onHost } from "./host-error.ts";
import type { HostInode } from "./inode.ts";

/** An open file of the host. */
export class HostOpenFile implements OpenFile {
  readonly inode: HostInode;
  readonly seekable = true;
  readonly #file: HostFile;

  constructor(inode: HostInode, file: HostFile) {
    this.inode = inode;
    this.#file = file;
  }

  read(buffer: Uint8Array, position: number): number {
    return buffer.length === 0 ? 0 : onHost(() => this.#file.read(buffer, position));
  }

  write(buffer: Uint8Array, position: number): number {
    return buffer.length === 0 ? 0 : onHost(() => this.#file.write(buffer, position));
  }

  append(buffer: Uint8Array): number {
    return buffer.length === 0 ? 0 : onHost(() => this.#file.append(buffer));
  }

  readDirectory(): never {
    throw new LinuxError("ENOTDIR");
  }

  size(): number {
    return onHost(() => this.#file.stat().sizeBytes);
  }

  seekExtent(position: number, what: "data" | "hole"): number {
    // The host doesn't say where holes are; a file without any is a correct answer.
    const size = this.size();
    if (position < 0 || position >= size) throw new LinuxError("ENXIO");
    return what === "data" ? position : size;
  }

  truncate(sizeBytes: number): void {
    onHost(() => this.#file.truncate(sizeBytes));
  }

  allocate(mode: AllocateMode, position: number, lengthBytes: number): void {
    // Callers of fallocate must bear EOPNOTSUPP; growing is all that can be had portably.
    if (mode !== "extend") throw new LinuxError("EOPNOTSUPP");
    const end = position + lengthBytes;
    if (end > this.size()) this.truncate(end);
  }

  sync(what: "data" | "all"): void {
    onHost(() => this.#file.sync(what));
  }

  readiness(): Readiness {
    return alwaysReady;
  }

  ioctl(): number {
    throw new LinuxError("ENOTTY");
  }

  close(): void {
    this.inode.closed(this.#file);
  }
}
