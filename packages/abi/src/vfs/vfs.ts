/**
 * The tree of mounted file systems that a guest sees, and the operations of Linux's system calls
 * on it.
 *
 * Each operation takes the caller's `FileContext` (root, working directory, credentials, umask)
 * and, before a path, the directory that a relative path starts from; undefined means the working
 * directory. All throw `LinuxError`, with the errno that Linux would give.
 */
import { LinuxError } from "../linux/errno.ts";
import * as attributes from "./attributes.ts";
import { locationPath } from "./location-path.ts";
import { MemoryFileSystem } from "./memory/file-system.ts";
import { type MountOptions, MountTable } from "./mount-table.ts";
import * as names from "./names.ts";
import { openPath } from "./open-path.ts";
import { PathWalk, type Resolved } from "./path-walk.ts";
import { may, permits } from "./permission.ts";
import type {
  Credentials,
  FileContext,
  FileKind,
  FileSystem,
  FileSystemStat,
  Location,
  Mount,
  OpenOptions,
  OpenResult,
  RealTimeClock,
  RenameMode,
  ResolveOptions,
  Start,
  Stat,
} from "./types.ts";

/** What a `Vfs` is made of. */
export interface VfsOptions {
  /** The file system at `/`. */
  readonly root: FileSystem;
  readonly rootOptions?: MountOptions;
  /** What "now" means for `utimensat`; each file system has its own. */
  readonly clock: RealTimeClock;
}

/** Rights that `access(2)` asks for. */
export interface AccessRights {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly execute?: boolean;
}

/** How often a lookup is repeated when the host changed a file between lookup and use. */
const staleAttempts = 4;

/** The guest's tree of files. */
export class Vfs {
  readonly #mounts: MountTable;
  readonly #clock: RealTimeClock;

  constructor(options: VfsOptions) {
    this.#mounts = new MountTable(options.root, options.rootOptions);
    this.#clock = options.clock;
  }

  /** The root of the whole tree. */
  get root(): Location {
    return this.#mounts.cross({ mount: this.#mounts.root, dentry: this.#mounts.root.root });
  }

  /** A context at the root of the tree: what the first process starts with. */
  initialContext(credentials: Credentials, umask = 0o022): FileContext {
    return { root: this.root, workingDirectory: this.root, credentials, umask };
  }

  /** What a path means. */
  resolve(context: FileContext, start: Start, path: string, options?: ResolveOptions): Resolved {
    return new PathWalk(this.#mounts, context).resolve(start, path, options);
  }

  /** `open(2)`, `openat2(2)`. */
  open(context: FileContext, start: Start, path: string, options: OpenOptions): OpenResult {
    return retryStale(() =>
      openPath(new PathWalk(this.#mounts, context), context, start, path, options),
    );
  }

  /** `stat`, `lstat`, `statx` by path. */
  stat(context: FileContext, start: Start, path: string, options?: ResolveOptions): Stat {
    return retryStale(() => this.resolve(context, start, path, options).inode.stat());
  }

  /** `readlink(2)`; an empty path means the start itself. @throws LinuxError EINVAL. */
  readlink(context: FileContext, start: Start, path: string): string {
    const found = this.resolve(context, start, path, { follow: false, allowEmpty: true });
    return found.inode.readlink();
  }

  /** @throws LinuxError EACCES, EROFS unless the caller has all the rights. */
  demandAccess(context: FileContext, target: Resolved, rights: AccessRights): void {
    const { inode, location } = target;
    const isStored =
      inode.kind === "file" || inode.kind === "directory" || inode.kind === "symlink";
    if (rights.write === true && isStored && location?.mount.readOnly === true) {
      throw new LinuxError("EROFS");
    }
    const mask =
      (rights.read === true ? may.read : 0) |
      (rights.write === true ? may.write : 0) |
      (rights.execute === true ? may.execute : 0);
    if (!permits(inode.stat(), context.credentials, mask)) throw new LinuxError("EACCES");
  }

  /** A directory to make the working directory or root of a context. @throws LinuxError ENOTDIR, EACCES. */
  enterDirectory(context: FileContext, start: Start, path: string, allowEmpty = false): Location {
    const found = this.resolve(context, start, path, { directory: true, allowEmpty });
    if (found.location === undefined) throw new LinuxError("ENOTDIR", path);
    this.demandAccess(context, found, { execute: true });
    return found.location;
  }

  /** `mkdir(2)`. */
  mkdir(context: FileContext, start: Start, path: string, mode: number): Location {
    // Of the special bits, only the sticky one is the caller's to give.
    return names.create(this.#mounts, context, start, path, "directory", mode & 0o1777);
  }

  /** `mknod(2)`: a file, FIFO, socket or device. */
  mknod(
    context: FileContext,
    start: Start,
    path: string,
    kind: FileKind,
    mode: number,
    rdev = 0,
  ): Location {
    return names.create(this.#mounts, context, start, path, kind, mode, { rdev });
  }

  /** `symlink(2)`. */
  symlink(context: FileContext, target: string, start: Start, path: string): Location {
    if (target === "") throw new LinuxError("ENOENT", path);
    return names.create(this.#mounts, context, start, path, "symlink", 0o777, { target });
  }

  /** `linkat(2)`: gives what `source` resolved to another name. */
  link(context: FileContext, source: Resolved, start: Start, path: string): void {
    names.link(this.#mounts, context, source, start, path);
  }

  /** `unlink(2)`. */
  unlink(context: FileContext, start: Start, path: string): void {
    names.unlink(this.#mounts, context, start, path);
  }

  /** `rmdir(2)`. */
  rmdir(context: FileContext, start: Start, path: string): void {
    names.rmdir(this.#mounts, context, start, path);
  }

  /** `renameat2(2)`. */
  rename(
    context: FileContext,
    oldStart: Start,
    oldPath: string,
    newStart: Start,
    newPath: string,
    mode: RenameMode = "replace",
  ): void {
    names.rename(this.#mounts, context, oldStart, oldPath, newStart, newPath, mode);
  }

  /** `chmod(2)`, `fchmod(2)`. */
  chmod(context: FileContext, target: Resolved, mode: number): void {
    attributes.changeMode(context, target, mode);
  }

  /** `chown(2)` and kin; undefined leaves an id as it is. */
  chown(
    context: FileContext,
    target: Resolved,
    uid: number | undefined,
    gid: number | undefined,
  ): void {
    attributes.changeOwner(context, target, uid, gid);
  }

  /** `utimensat(2)`. */
  setTimes(
    context: FileContext,
    target: Resolved,
    atime: attributes.NewTime,
    mtime: attributes.NewTime,
  ): void {
    attributes.changeTimes(context, this.#clock, target, atime, mtime);
  }

  /** `truncate(2)`; `ftruncate` is `OpenFile.truncate`. */
  truncate(context: FileContext, target: Resolved, sizeBytes: number): void {
    attributes.truncate(context, target, sizeBytes);
  }

  /** `statfs(2)`. */
  statfs(target: Resolved): FileSystemStat {
    return target.inode.fileSystem.statfs();
  }

  /**
   * The path of a location as seen from a root: what `/proc/self/fd/3` and `/proc/self/exe` read
   * as. A removed file ends in ` (deleted)`, one that isn't below the root has `(unreachable)`
   * before it.
   */
  pathOf(location: Location, root: Location = this.root): string {
    return locationPath(location, root);
  }

  /** `getcwd(2)`. @throws LinuxError ENOENT if the working directory was removed. */
  workingDirectoryPath(context: FileContext): string {
    for (let at = context.workingDirectory.dentry; ; ) {
      if (at.removed) throw new LinuxError("ENOENT");
      if (at.parent === undefined) break;
      at = at.parent;
    }
    return locationPath(context.workingDirectory, context.root);
  }

  /**
   * Mounts a file system, for the host's set-up (`--mount`): directories that are missing on the
   * way are made in the guest's tree only, never in the file system underneath.
   */
  mount(path: string, fileSystem: FileSystem, options: MountOptions = {}): Mount {
    const context = this.initialContext({ uid: 0, gid: 0, groups: [] });
    let at = this.root;
    const parts = path.split("/").filter((part) => part !== "");
    for (const [index, part] of parts.entries()) {
      at = this.#step(
        context,
        at,
        part,
        index === parts.length - 1 ? fileSystem.root.kind : "directory",
      );
    }
    return this.#mounts.add(at, fileSystem, options);
  }

  /** Mounts on a place that the guest named (`mount(2)`). @throws LinuxError ENOTDIR. */
  mountAt(location: Location, fileSystem: FileSystem, options: MountOptions = {}): Mount {
    return this.#mounts.add(location, fileSystem, options);
  }

  /** `umount(2)`. @throws LinuxError EBUSY, EINVAL. */
  unmount(mount: Mount): void {
    this.#mounts.remove(mount);
  }

  /** All mounts, in the order in which they were made: `/proc/mounts`. */
  mounts(): readonly Mount[] {
    return this.#mounts.list();
  }

  #step(context: FileContext, at: Location, name: string, kind: FileKind): Location {
    try {
      const found = this.resolve(context, at, name).location;
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof LinuxError) || error.code !== "ENOENT") throw error;
    }
    // Nothing can be made in it, and nothing of it is kept.
    const placeholder = new MemoryFileSystem({ clock: this.#clock, sizeBytes: 0, inodes: 1 });
    this.#mounts.identify(placeholder);
    const inode = kind === "directory" ? placeholder.root : placeholder.emptyFile();
    return { mount: at.mount, dentry: at.dentry.pin(name, inode) };
  }
}

function retryStale<T>(action: () => T): T {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return action();
    } catch (error) {
      const isStale = error instanceof LinuxError && error.code === "ESTALE";
      if (!isStale || attempt === staleAttempts) throw error;
    }
  }
}
