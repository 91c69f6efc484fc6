/**
 * The vocabulary of the virtual file system: what a file system must offer (inodes), and what
 * the kernel holds on to (locations, open files).
 *
 * The model is the one of the Linux VFS, since that is what the guest's system calls assume:
 * an *inode* is a file without a name, a *dentry* is a name in a directory, a *location* is a
 * dentry seen through a mount. Every operation is synchronous, and fails by throwing a
 * `LinuxError`.
 *
 * @see https://docs.kernel.org/filesystems/vfs.html
 */
import type { Dentry } from "./dentry.ts";

/** What an inode is; the `S_IFMT` part of its mode. */
export type FileKind = "file" | "directory" | "symlink" | "character" | "block" | "fifo" | "socket";

/** The attributes of an inode, wide enough for `struct stat` and `struct statx` of any guest. */
export interface Stat {
  /** The device that holds the file system: `(major << 8) | minor`. */
  readonly dev: number;
  readonly ino: bigint;
  /** Type bits (`S_IFMT`) and permission bits (`07777`). */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** For character and block devices: which device the node names, `(major << 8) | minor`. */
  readonly rdev: number;
  readonly sizeBytes: number;
  /** The preferred transfer size in bytes (`st_blksize`). */
  readonly blockBytes: number;
  /** Allocated space in units of 512 bytes. */
  readonly blocks: number;
  /** Time stamps are nanoseconds since the Unix epoch. */
  readonly atimeNanos: bigint;
  readonly mtimeNanos: bigint;
  readonly ctimeNanos: bigint;
  /** Time of creation; absent if the file system doesn't keep it. */
  readonly btimeNanos: bigint | undefined;
}

/** Attributes to be changed; what is absent stays. The inode's ctime is updated by the change. */
export interface AttributeChanges {
  /** Permission bits only (`07777`). */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly atimeNanos?: bigint;
  readonly mtimeNanos?: bigint;
}

/** A file system's totals, as `statfs(2)` reports them. */
export interface FileSystemStat {
  /** The magic number, `f_type` (`TMPFS_MAGIC`, …). */
  readonly magic: number;
  readonly blockBytes: number;
  readonly blocks: bigint;
  readonly blocksFree: bigint;
  readonly blocksAvailable: bigint;
  readonly files: bigint;
  readonly filesFree: bigint;
  readonly nameBytes: number;
}

/** A tree of inodes that can be mounted. */
export interface FileSystem {
  /** The type's name as in `/proc/mounts`: `tmpfs`, `proc`, `hostfs`. */
  readonly type: string;
  readonly root: Inode;
  /** True if nothing in it can change through the guest; the VFS then answers EROFS. */
  readonly readOnly: boolean;
  /** The number in `Stat.dev`: 0 until the file system is first mounted, which sets it. */
  dev: number;
  /** The totals now. */
  statfs(): FileSystemStat;
}

/** What `Inode.create` makes. */
export interface NewInode {
  readonly kind: FileKind;
  /** Permission bits; umask is applied already. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** For devices, `(major << 8) | minor`. */
  readonly rdev?: number;
  /** For symlinks, the text. */
  readonly target?: string;
}

/** What happens if the new name of a rename exists: `RENAME_NOREPLACE`, `RENAME_EXCHANGE`. */
export type RenameMode = "replace" | "noreplace" | "exchange";

/** How an inode is opened. Everything else that `open(2)` can say is the VFS's business. */
export interface OpenAccess {
  readonly read: boolean;
  readonly write: boolean;
}

/**
 * A file of any kind, apart from its names.
 *
 * Two lookups that reach the same file give the same object for as long as anybody holds it, so
 * inodes can be compared by identity and be keys of a `WeakMap` (the kernel keeps pipes of
 * FIFOs, bound sockets and locks that way).
 *
 * Inodes don't check permissions, umask or read-only mounts: the VFS has done that.
 * Directory operations throw ENOTDIR on other kinds; names are single components, never empty,
 * `.` or `..`. A name is a string as `decodePath` makes it: arbitrary bytes survive.
 */
export interface Inode {
  readonly fileSystem: FileSystem;
  readonly kind: FileKind;
  /** The attributes now. */
  stat(): Stat;
  /** Changes attributes. @throws LinuxError EPERM if the file system can't. */
  setAttributes(changes: AttributeChanges): void;
  /** Sets the size of a regular file; growth is a hole. @throws LinuxError EFBIG, ENOSPC. */
  truncate(sizeBytes: number): void;
  /**
   * Opens a regular file, directory or device.
   *
   * FIFOs and sockets are opened by the kernel, not here.
   * @throws LinuxError ENXIO for those, and for a device that isn't there.
   */
  open(access: OpenAccess): OpenFile;

  /** The inode with this name in the directory, or undefined. */
  lookup(name: string): Inode | undefined;
  /** @throws LinuxError EEXIST, ENOSPC, EPERM if the kind isn't supported. */
  create(name: string, node: NewInode): Inode;
  /**
   * Makes a regular file and opens it, whatever its mode permits: `O_CREAT`.
   * @throws LinuxError EEXIST, ENOSPC.
   */
  createOpen(name: string, node: NewInode, access: OpenAccess): OpenFile;
  /**
   * Opens a new file without a name (`O_TMPFILE`), which `link` may name later if it is linkable.
   * @throws LinuxError EOPNOTSUPP.
   */
  createUnnamed(node: NewInode, access: OpenAccess, linkable: boolean): OpenFile;
  /** Adds a hard link. @throws LinuxError EEXIST, EXDEV, EPERM, EMLINK. */
  link(name: string, inode: Inode): void;
  /** Removes a name of anything but a directory. @throws LinuxError ENOENT, EISDIR. */
  unlink(name: string): void;
  /** Removes an empty directory. @throws LinuxError ENOENT, ENOTDIR, ENOTEMPTY. */
  rmdir(name: string): void;
  /**
   * Moves a name. Both directories belong to one file system, and neither end is an ancestor
   * of the other: the VFS has checked both.
   * @throws LinuxError ENOENT, EEXIST, ENOTEMPTY, EISDIR, ENOTDIR.
   */
  rename(name: string, newDirectory: Inode, newName: string, mode: RenameMode): void;

  /** A symlink's text. @throws LinuxError EINVAL for other kinds. */
  readlink(): string;
  /**
   * For a magic link (`/proc/self/exe`, `/proc/self/fd/3`): the place itself, whatever the
   * text says. Undefined for ordinary symlinks, which are followed by their text.
   */
  followMagic?(): MagicTarget | undefined;
}

/**
 * Where a magic link leads: a place, an inode without a place (a pipe, a memfd) or an object
 * of the kernel's own which only the kernel can open (a socket: ENXIO).
 */
export type MagicTarget = { readonly location: Location } | { readonly inode: Inode };

/** One name in a directory, for `getdents64`. */
export interface DirectoryEntry {
  readonly name: string;
  readonly ino: bigint;
  readonly kind: FileKind;
  /** The position after this entry (`d_off`): reading on from there gives what follows. */
  readonly nextPosition: number;
}

/** What an open file is ready for. */
export interface Readiness {
  readonly readable: boolean;
  readonly writable: boolean;
  /** The other side is gone (`POLLHUP`). */
  readonly hangup: boolean;
  readonly error: boolean;
}

/** The way an `ioctl` reaches guest memory: its argument, as an integer and as a window. */
export interface IoctlArgument {
  /** The third argument of the system call. */
  readonly value: bigint;
  /** Reads guest memory at the address `value`. @throws LinuxError EFAULT. */
  read(lengthBytes: number): Uint8Array;
  /** Writes guest memory at the address `value`. @throws LinuxError EFAULT. */
  write(bytes: Uint8Array): void;
}

/** The modes of `fallocate(2)` that are told apart. */
export type AllocateMode = "extend" | "keepSize" | "punchHole" | "zeroRange" | "zeroRangeKeepSize";

/**
 * An inode opened: what a file description (`struct file`) works on.
 *
 * It has no offset and no flags; those belong to the kernel's file description. It stays usable
 * after the file lost its names. Buffers are read or filled in full view: no copies are kept.
 */
export interface OpenFile {
  readonly inode: Inode;
  /** False for terminals and the like: `position` is then ignored and `lseek` is ESPIPE. */
  readonly seekable: boolean;
  /**
   * Reads at a position; fewer bytes than asked for at the end of file, 0 at it.
   * @throws LinuxError EISDIR; EAGAIN if it would block: wait for `readiness` and try again.
   */
  read(buffer: Uint8Array, position: number): number;
  /** Writes at a position. @throws LinuxError ENOSPC, EFBIG; EAGAIN if it would block. */
  write(buffer: Uint8Array, position: number): number;
  /** Writes at the end of file in one step (`O_APPEND`); gives the number of bytes. */
  append(buffer: Uint8Array): number;
  /** The entries of a directory from a position on, lazily; 0 is the beginning, and rescans. */
  readDirectory(position: number): Iterable<DirectoryEntry>;
  /** The size now; what `SEEK_END` counts from. */
  size(): number;
  /** `SEEK_DATA`, `SEEK_HOLE`. @throws LinuxError ENXIO beyond the end. */
  seekExtent(position: number, what: "data" | "hole"): number;
  /** Sets the size (`ftruncate`); growth is a hole. @throws LinuxError EFBIG, ENOSPC, EINVAL. */
  truncate(sizeBytes: number): void;
  /** `fallocate`. @throws LinuxError EOPNOTSUPP, ENOSPC, ENODEV. */
  allocate(mode: AllocateMode, position: number, lengthBytes: number): void;
  /** `fdatasync`, `fsync`. @throws LinuxError EINVAL for what has nothing to be written back. */
  sync(what: "data" | "all"): void;
  /** What it is ready for now: `poll`. */
  readiness(): Readiness;
  /**
   * Calls back whenever readiness may have changed without the guest's doing (a terminal's
   * input). Absent where that never happens. Gives a function that ends the subscription.
   */
  subscribe?(listener: () => void): () => void;
  /** @throws LinuxError ENOTTY where the request isn't known. */
  ioctl(request: number, argument: IoctlArgument): number;
  /** Called once, when the last file description is closed. */
  close(): void;
}

/** A file system at its place in the tree. */
export interface Mount {
  /** Unique number, as in `/proc/self/mountinfo`. */
  readonly id: number;
  readonly fileSystem: FileSystem;
  /** The dentry of the file system's root. */
  readonly root: Dentry;
  /** Where it is mounted; undefined for the root mount. */
  readonly mountPoint: Location | undefined;
  readonly readOnly: boolean;
  /** What `/proc/mounts` calls the source. */
  readonly source: string;
}

/** A place in the tree (`struct path`): what a working directory, a root and an open file keep. */
export interface Location {
  readonly mount: Mount;
  readonly dentry: Dentry;
}

/** On whose behalf something is done. */
export interface Credentials {
  /** The file-system user id (normally the effective one). 0 passes every permission check. */
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** A process's view of the tree: what its path names are relative to, and its rights. */
export interface FileContext {
  readonly root: Location;
  readonly workingDirectory: Location;
  readonly credentials: Credentials;
  readonly umask: number;
}

/** Where a relative path starts: a location (a directory fd's), default the working directory. */
export type Start = Location | undefined;

/** How a path is walked. */
export interface ResolveOptions {
  /** Follow a symlink in the last component. Default true. */
  readonly follow?: boolean;
  /** An empty path means the start itself (`AT_EMPTY_PATH`); otherwise it is ENOENT. */
  readonly allowEmpty?: boolean;
  /** The result must be a directory (ENOTDIR). A trailing slash says the same. */
  readonly directory?: boolean;
}

/** `open(2)`'s flags, decoded from the guest's numbers by the system-call layer. */
export interface OpenOptions {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly create?: boolean;
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
  readonly directory?: boolean;
  readonly noFollow?: boolean;
  /** `O_PATH`: the place only; the result has no `file`. */
  readonly path?: boolean;
  /** `O_TMPFILE`: the path names a directory in which an unnamed file is made. */
  readonly temporary?: boolean;
  readonly allowEmpty?: boolean;
  /** Permission bits of a new file, before umask. */
  readonly mode?: number;
}

/** What `Vfs.open` gives. */
export interface OpenResult {
  readonly inode: Inode;
  /** Undefined only for what has no place: an inode behind a magic link. */
  readonly location: Location | undefined;
  /**
   * The opened file. Undefined for `O_PATH`, and for FIFOs and sockets: those are for the
   * kernel to open (a socket: ENXIO).
   */
  readonly file: OpenFile | undefined;
  readonly created: boolean;
}

/** The current time in nanoseconds since the Unix epoch. */
export type RealTimeClock = () => bigint;
