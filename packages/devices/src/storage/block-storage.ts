/** Where a disk's blocks are kept: what a host provides, synchronously. */
import { IsovmError } from "@isovm/isa-spec";

/** Bytes of a sector: every disk's size is a multiple. */
export const sectorBytes = 512;

/** Why storage can't do what it was asked for. */
export type StorageFailure =
  | "notFound"
  | "noPermission"
  | "notAFile"
  | "sizeNotSectors"
  | "outOfRange"
  | "readOnly"
  | "noSpace"
  | "inUse"
  | "closed"
  | "unsupported"
  | "io";

/**
 * Storage could not be opened, or could not do what it was asked for. A guest's request that fails
 * like this ends in an I/O error that the guest sees; the run goes on.
 */
export class StorageError extends IsovmError<{
  readonly failure: StorageFailure;
  readonly path?: string;
}> {}

/**
 * The bytes of a disk. Offsets and sizes are in bytes, and need not be multiples of a sector's.
 * Whatever can't be done throws a {@link StorageError}; anything else that is thrown ends the run.
 */
export interface BlockStorage {
  /** A multiple of 512. */
  readonly sizeBytes: number;
  /** Whether a write fails. */
  readonly readOnly: boolean;
  /** Fills `into` from an offset on. */
  read(offset: number, into: Uint8Array): void;
  /** Writes all of `bytes` from an offset on; durable after the next {@link flush}. */
  write(offset: number, bytes: Uint8Array): void;
  /** Returns when what was written survives the end of the host's process and a loss of power. */
  flush(): void;
  /** Lets go of what the storage holds on the host; nothing works afterwards. */
  close(): void;
  /** What snapshots of a machine have to keep, as plain data; without it, content is the host's. */
  state?(): unknown;
  /** @throws DeviceStateError if it is not the state of such storage. */
  restore?(state: unknown): void;
}

/** @throws StorageError if a range of bytes is not one of the storage's. */
export function checkRange(sizeBytes: number, offset: number, length: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && offset + length <= sizeBytes) return;
  throw new StorageError(`${length} bytes at ${offset} are not in storage of ${sizeBytes}`, {
    failure: "outOfRange",
  });
}

/** @throws StorageError if a disk can't have that many bytes. */
export function checkSize(sizeBytes: number, path?: string): void {
  if (Number.isSafeInteger(sizeBytes) && sizeBytes % sectorBytes === 0) return;
  const name = path === undefined ? "storage" : path;
  throw new StorageError(`${name} has ${sizeBytes} bytes, which is no multiple of ${sectorBytes}`, {
    failure: "sizeNotSectors",
    ...(path === undefined ? {} : { path }),
  });
}

/** @throws StorageError always. */
export function refuseWrite(): never {
  throw new StorageError("the storage is read-only", { failure: "readOnly" });
}
