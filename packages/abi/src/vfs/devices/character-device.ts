/** What a driver of a character device offers to the kernel. */
import type { IoctlArgument, OpenAccess, Readiness } from "../types.ts";

/**
 * A character device: a source and sink of bytes.
 *
 * One object serves all opens of its nodes. Nothing blocks: what can't be done yet is EAGAIN, and
 * the kernel waits until `readiness` says otherwise.
 */
export interface CharacterDevice {
  /** True if `lseek` succeeds, though the position means nothing (`/dev/null`). */
  readonly seekable: boolean;
  /** Called for each open. @throws LinuxError EACCES, EBUSY, ENXIO to refuse it. */
  open?(access: OpenAccess): void;
  /** Called when an open file is closed for good. */
  close?(): void;
  /** Fills the buffer; gives the number of bytes, 0 at the end. @throws LinuxError EAGAIN. */
  read(buffer: Uint8Array): number;
  /** Takes bytes; gives how many. @throws LinuxError EAGAIN, ENOSPC. */
  write(buffer: Uint8Array): number;
  /** What it is ready for now. */
  readiness(): Readiness;
  /** Calls back when readiness may have changed by the host's doing. Gives the way to end it. */
  subscribe?(listener: () => void): () => void;
  /** @throws LinuxError ENOTTY where the request isn't known. */
  ioctl?(request: number, argument: IoctlArgument): number;
}

/** Devices by number, as `deviceNumber(major, minor)` makes it. */
export type DeviceTable = ReadonlyMap<number, CharacterDevice>;
