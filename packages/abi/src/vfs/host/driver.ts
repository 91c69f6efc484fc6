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
  stat(): HostStat;
  setAttributes(changes: AttributeChanges): void;
  read(buffer: Uint8Array, position: number): number;
  write(buffer: Uint8Array, position: number): number;
  /** Writes at the end in one step, if the host can. */
  append(buffer: Uint8Array): number;
  truncate(sizeBytes: number): void;
  sync(what: "data" | "all"): void;
  close(): void;
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
  stat(): HostStat;
  setOwnAttributes(changes: AttributeChanges): void;
  statfs(): FileSystemStat;
  /** All names but `.` and `..`. */
  list(): string[];
  /** The attributes of a name, undefined if there is none. */
  statName(name: string): HostStat | undefined;
  /** @throws ESTALE if the name isn't that directory (any more). */
  openDirectory(name: string, expected: HostIdentity): HostDirectory;
  /** Opens a regular file. @throws ESTALE if the name isn't that regular file (any more). */
  openFile(name: string, expected: HostIdentity, access: HostAccess): HostFile;
  /** Makes a regular file and opens it for reading and writing, if it isn't there: EEXIST. */
  createFile(name: string, mode: number): HostFile;
  createDirectory(name: string, mode: number): void;
  createSymlink(name: string, target: string): void;
  readSymlink(name: string): string;
  /** For anything but directories. @throws ESTALE if the name isn't that file (any more). */
  setAttributes(name: string, expected: HostIdentity, changes: AttributeChanges): void;
  link(name: string, from: HostDirectory, fromName: string): void;
  unlink(name: string): void;
  removeDirectory(name: string): void;
  rename(name: string, to: HostDirectory, newName: string): void;
  close(): void;
}

/** The host's files, as far as a guest may be lent any. */
export interface HostFileDriver {
  /** Opens a directory by the host program's own path. The guest has no say in it. */
  openRoot(path: string): HostDirectory;
}
