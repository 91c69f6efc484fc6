/**
 * What the host lends to a guest: directories as capabilities.
 *
 * A driver never sees a path. It holds a directory open and is asked about one name in it at a
 * time; it must never follow a symlink, whoever put it there and whenever. That is the whole of
 * the confinement that a driver owes: see docs/file-system.md.
 *
 * Failures are thrown as any object whose `code` is the name of a Linux error (`"ENOENT"`), as
 * Node's are.
 */
import type { AttributeChanges, FileKind, FileSystemStat } from "../types.ts";

/** Attributes of a file of the host. */
export interface HostStat {
  readonly kind: FileKind;
  /** The host's device and inode number: what makes two names the same file. */
  readonly dev: bigint;
  readonly ino: bigint;
  /** Permission bits (`07777`). */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly sizeBytes: number;
  readonly blockBytes: number;
  /** Units of 512 bytes. */
  readonly blocks: number;
  readonly atimeNanos: bigint;
  readonly mtimeNanos: bigint;
  readonly ctimeNanos: bigint;
  readonly btimeNanos: bigint | undefined;
}

/** Which file a name is expected to mean; something else there is `ESTALE`. */
export interface HostIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  /** The host may give a removed file's numbers to one of another kind at once. */
  readonly kind: FileKind;
}

/** How a file of the host is opened. */
export interface HostAccess {
  readonly read: boolean;
  readonly write: boolean;
}

/** An open regular file. It stays usable whatever happens to its names. */
export interface HostFile {
  /** Opens the same file once more, though it may have no name left. @throws ENOENT if it can't. */
  reopen(access: HostAccess): HostFile;
  /** The attributes now, also without a name. */
  stat(): HostStat;
  /** Changes attributes; what is absent stays. */
  setAttributes(changes: AttributeChanges): void;
  /** Reads at a position; gives the number of bytes, 0 at the end. */
  read(buffer: Uint8Array, position: number): number;
  /** Writes at a position; gives the number of bytes. */
  write(buffer: Uint8Array, position: number): number;
  /** Writes at the end in one step, if the host can. */
  append(buffer: Uint8Array): number;
  /** Sets the size. */
  truncate(sizeBytes: number): void;
  /** Writes back what the host still buffers. */
  sync(what: "data" | "all"): void;
  /** Called once. */
  close(): void;
}

/** A name in a directory, as a listing shows it. */
export interface HostEntry {
  readonly name: string;
  readonly kind: FileKind;
}

/**
 * An open directory.
 *
 * Names are single components as `decodePath` makes them. The last component is never followed,
 * by any operation.
 */
export interface HostDirectory {
  /**
   * Whether it stays open when it, or a directory above it, is renamed. If not, the guest's renames
   * make its file system open directories anew; the host's own make them `ESTALE`.
   */
  readonly followsRenames: boolean;
  /** The directory's own attributes now. */
  stat(): HostStat;
  /** Changes the directory's own attributes; what is absent stays. */
  setOwnAttributes(changes: AttributeChanges): void;
  /** Totals of the host's file system that the directory is on. */
  statfs(): FileSystemStat;
  /** All names but `.` and `..`. */
  list(): HostEntry[];
  /** The attributes of a name, undefined if there is none. */
  statName(name: string): HostStat | undefined;
  /** @throws ESTALE if the name isn't that directory (any more). */
  openDirectory(name: string, expected: HostIdentity): HostDirectory;
  /** Opens a regular file. @throws ESTALE if the name isn't that regular file (any more). */
  openFile(name: string, expected: HostIdentity, access: HostAccess): HostFile;
  /** Makes a regular file and opens it for reading and writing, if it isn't there: EEXIST. */
  createFile(name: string, mode: number): HostFile;
  /** Makes a directory whose permission bits are exactly these. */
  createDirectory(name: string, mode: number): void;
  /** Makes a symlink with any text: it is the guest's. */
  createSymlink(name: string, target: string): void;
  /** The text of a symlink. */
  readSymlink(name: string): string;
  /** For anything but directories. @throws ESTALE if the name isn't that file (any more). */
  setAttributes(name: string, expected: HostIdentity, changes: AttributeChanges): void;
  /** Makes a hard link to a name in a directory of the same driver. */
  link(name: string, from: HostDirectory, fromName: string): void;
  /** Removes a name of anything but a directory. */
  unlink(name: string): void;
  /** Removes an empty directory. */
  removeDirectory(name: string): void;
  /** Moves a name, replacing the new one, to a directory of the same driver. */
  rename(name: string, to: HostDirectory, newName: string): void;
  /** Called once. */
  close(): void;
}

/** The host's files, as far as a guest may be lent any. */
export interface HostFileDriver {
  /** Opens a directory by the host program's own path. The guest has no say in it. */
  openRoot(path: string): HostDirectory;
}
