/** Storage in a file of the host. */
import {
  type BigIntStats,
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import {
  type BlockStorage,
  checkRange,
  checkSize,
  refuseWrite,
  StorageError,
  type StorageFailure,
} from "../storage/block-storage.ts";

/** What {@link fileStorage} can be told. */
export interface FileStorageOptions {
  /** Whether the guest may only read: false by default. */
  readonly readOnly?: boolean;
}

/** What errors of the host mean. */
const failures: Readonly<Record<string, StorageFailure>> = {
  ENOENT: "notFound",
  ENOTDIR: "notFound",
  EACCES: "noPermission",
  EPERM: "noPermission",
  EROFS: "noPermission",
  EISDIR: "notAFile",
  ENOSPC: "noSpace",
  EDQUOT: "noSpace",
  EFBIG: "noSpace",
};

/** What to say about a failure, after the path. */
const explanations: Readonly<Partial<Record<StorageFailure, string>>> = {
  notFound: "does not exist",
  noPermission: "may not be opened like this; a read-only disk needs less",
  notAFile: "is not a regular file",
  noSpace: "has no space left on the host",
  closed: "is closed",
};

/** Files that disks of this process are in, by device and inode. */
const openFiles = new Map<string, { readers: number; writers: number }>();

/**
 * Storage that is a raw disk image in a file. A flush returns after `fdatasync`: what the guest has
 * flushed survives that this process is killed, and a loss of power as far as the host's disk does.
 * If a flush has failed, all later ones do, since what was lost can't be known.
 *
 * Within one process a file can be open for writing only once, and not for reading then; other
 * processes are not noticed.
 *
 * @throws StorageError if there is no such file, it may not be opened, is no regular file, has a size
 * that is not a multiple of 512 or is in use.
 */
export function fileStorage(
  path: string,
  { readOnly = false }: FileStorageOptions = {},
): BlockStorage {
  const access = readOnly ? constants.O_RDONLY : constants.O_RDWR;
  // A pipe must not make this wait for its other end.
  const fd = attempt(path, () => openSync(path, access | (constants.O_NONBLOCK ?? 0)));
  try {
    const stats = fstatSync(fd, { bigint: true });
    if (!stats.isFile()) throw failed(path, "notAFile");
    const sizeBytes = Number(stats.size);
    checkSize(sizeBytes, path);
    const release = reserve(path, stats, readOnly);
    return new FileStorage(path, fd, sizeBytes, readOnly, release);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

class FileStorage implements BlockStorage {
  readonly sizeBytes: number;
  readonly readOnly: boolean;
  readonly #path: string;
  readonly #release: () => void;
  #fd: number | undefined;
  #failedFlush: unknown;

  constructor(path: string, fd: number, sizeBytes: number, readOnly: boolean, release: () => void) {
    this.#path = path;
    this.#fd = fd;
    this.sizeBytes = sizeBytes;
    this.readOnly = readOnly;
    this.#release = release;
  }

  read(offset: number, into: Uint8Array): void {
    const fd = this.#open(offset, into.length);
    for (let at = 0; at < into.length; ) {
      const rest = into.length - at;
      const count = attempt(this.#path, () => readSync(fd, into, at, rest, offset + at));
      if (count === 0) throw failed(this.#path, "io", "became shorter while it was in use");
      at += count;
    }
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.readOnly) refuseWrite();
    const fd = this.#open(offset, bytes.length);
    for (let at = 0; at < bytes.length; ) {
      const rest = bytes.length - at;
      at += attempt(this.#path, () => writeSync(fd, bytes, at, rest, offset + at));
    }
  }

  flush(): void {
    const fd = this.#open(0, 0);
    if (this.#failedFlush !== undefined) throw this.#failedFlush;
    if (this.readOnly) return;
    try {
      attempt(this.#path, () => fdatasyncSync(fd));
    } catch (error) {
      // The kernel reports a lost write once only, and forgets it.
      this.#failedFlush = error;
      throw error;
    }
  }

  close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    this.#release();
  }

  #open(offset: number, length: number): number {
    if (this.#fd === undefined) throw failed(this.#path, "closed");
    checkRange(this.sizeBytes, offset, length);
    return this.#fd;
  }
}

/** Notes that a file is in use; the function that is returned ends that. */
function reserve(path: string, { dev, ino }: BigIntStats, readOnly: boolean): () => void {
  const key = `${dev}:${ino}`;
  const users = openFiles.get(key) ?? { readers: 0, writers: 0 };
  if (users.writers > 0 || (!readOnly && users.readers > 0))
    throw failed(path, "inUse", "is in use by another disk");
  openFiles.set(key, users);
  const role = readOnly ? "readers" : "writers";
  users[role]++;
  return () => {
    users[role]--;
    if (users.readers + users.writers === 0) openFiles.delete(key);
  };
}

/** Does something to a file; the host's errors become those of storage. */
function attempt<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const failure = failures[code] ?? "io";
    throw failed(path, failure, cause instanceof Error ? cause.message : undefined, cause);
  }
}

function failed(
  path: string,
  failure: StorageFailure,
  message?: string,
  cause?: unknown,
): StorageError {
  const text = `${path} ${explanations[failure] ?? message ?? "failed"}`;
  return new StorageError(text, { failure, path }, { cause });
}
