/** An open file of the host behind a descriptor. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { LinuxError } from "../linux/errno.ts";
import type { HostAccess, HostFile, HostStat } from "../vfs/host/driver.ts";
import type { AttributeChanges } from "../vfs/types.ts";
import { hostStat, nodeTime } from "./host-stat.ts";

/** A regular file behind a descriptor, which it owns. */
export class DescriptorFile implements HostFile {
  readonly #descriptor: number;
  /** A second descriptor, for appending in one step; null if the host refused it. */
  #appending: number | null | undefined;
  readonly #canReopen: boolean;

  /** @param canReopen whether `/proc/self/fd` is there to open the file again through. */
  constructor(descriptor: number, canReopen: boolean) {
    this.#descriptor = descriptor;
    this.#canReopen = canReopen;
  }

  reopen(access: HostAccess): HostFile {
    if (!this.#canReopen) throw new LinuxError("ENOENT");
    const path = `/proc/self/fd/${this.#descriptor}`;
    return new DescriptorFile(openSync(path, accessFlags(access)), true);
  }

  stat(): HostStat {
    return hostStat(fstatSync(this.#descriptor, { bigint: true }));
  }

  setAttributes(changes: AttributeChanges): void {
    applyChanges(this.#descriptor, changes);
  }

  read(buffer: Uint8Array, position: number): number {
    return readSync(this.#descriptor, buffer, 0, buffer.length, position);
  }

  write(buffer: Uint8Array, position: number): number {
    return writeSync(this.#descriptor, buffer, 0, buffer.length, position);
  }

  append(buffer: Uint8Array): number {
    this.#appending ??= this.#openForAppending();
    if (this.#appending === null) {
      const end = Number(fstatSync(this.#descriptor, { bigint: true }).size);
      return this.write(buffer, end);
    }
    return writeSync(this.#appending, buffer, 0, buffer.length, null);
  }

  truncate(sizeBytes: number): void {
    ftruncateSync(this.#descriptor, sizeBytes);
  }

  sync(what: "data" | "all"): void {
    if (what === "data") fdatasyncSync(this.#descriptor);
    else fsyncSync(this.#descriptor);
  }

  close(): void {
    if (typeof this.#appending === "number") closeSync(this.#appending);
    closeSync(this.#descriptor);
  }

  #openForAppending(): number | null {
    if (!this.#canReopen) return null;
    try {
      const flags = constants.O_WRONLY | constants.O_APPEND;
      return openSync(`/proc/self/fd/${this.#descriptor}`, flags);
    } catch {
      // A file that was made read-only since: the descriptor at hand may still write it.
      return null;
    }
  }
}

/** The access mode of `open(2)`. */
export function accessFlags({ read, write }: HostAccess): number {
  if (write) return read ? constants.O_RDWR : constants.O_WRONLY;
  return constants.O_RDONLY;
}

/** Sets attributes of what a descriptor means. */
export function applyChanges(descriptor: number, changes: AttributeChanges): void {
  const { mode, uid, gid, atimeNanos, mtimeNanos } = changes;
  if (uid !== undefined || gid !== undefined) {
    const now = fstatSync(descriptor);
    fchownSync(descriptor, uid ?? now.uid, gid ?? now.gid);
  }
  if (mode !== undefined) fchmodSync(descriptor, mode);
  if (atimeNanos !== undefined || mtimeNanos !== undefined) {
    const now = fstatSync(descriptor, { bigint: true });
    const atime = nodeTime(atimeNanos ?? now.atimeNs);
    futimesSync(descriptor, atime, nodeTime(mtimeNanos ?? now.mtimeNs));
  }
}
