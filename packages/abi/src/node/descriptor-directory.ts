/**
 * Directories of a Linux host, held by descriptors.
 *
 * Node has no `openat`, but `/proc/self/fd/N/name` means the same: the kernel starts at the open
 * directory, wherever it is by now, and looks up one name. Files are first opened with
 * `O_PATH | O_NOFOLLOW`, which has no effect on any device and follows nothing; what that found is
 * examined, and only then opened in earnest, through its descriptor and not by its name again. So
 * there is no moment at which another process could exchange the file for a symlink or a device.
 *
 * @see open(2) on O_PATH, proc_pid_fd(5)
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statfsSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { LinuxError } from "../linux/errno.ts";
import type {
  HostAccess,
  HostDirectory,
  HostEntry,
  HostFile,
  HostIdentity,
  HostStat,
} from "../vfs/host/driver.ts";
import { decodePath, encodePath } from "../vfs/path-name.ts";
import type { AttributeChanges, FileSystemStat } from "../vfs/types.ts";
import { accessFlags, DescriptorFile } from "./descriptor-file.ts";
import {
  demandComponent,
  demandSame,
  hostFileSystemStat,
  hostStat,
  kindOfEntry,
  nodeTime,
} from "./host-stat.ts";

/** `O_PATH`, which `node:fs` doesn't name; the same on all Linux ports that Node runs on. */
const openPath = 0o10000000;
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;

let available: boolean | undefined;

/** A directory behind a descriptor, which it owns. */
export class DescriptorDirectory implements HostDirectory {
  readonly followsRenames = true;
  readonly #descriptor: number;
  readonly #path: string;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#path = descriptorPath(descriptor);
  }

  /** True on a Linux host whose `/proc` is mounted. */
  static isAvailable(): boolean {
    available ??= process.platform === "linux" && descriptorsHavePaths();
    return available;
  }

  /** Opens a directory by a path of the host's. */
  static openRoot(path: string): DescriptorDirectory {
    return new DescriptorDirectory(openSync(path, openPath | O_DIRECTORY));
  }

  stat(): HostStat {
    return hostStat(fstatSync(this.#descriptor, { bigint: true }));
  }

  setOwnAttributes(changes: AttributeChanges): void {
    setThrough(this.#path, changes);
  }

  statfs(): FileSystemStat {
    return hostFileSystemStat(statfsSync(this.#path, { bigint: true }));
  }

  list(): HostEntry[] {
    const entries = readdirSync(this.#path, { encoding: "buffer", withFileTypes: true });
    return entries.map((entry) => ({ name: decodePath(entry.name), kind: kindOfEntry(entry) }));
  }

  statName(name: string): HostStat | undefined {
    const stats = lstatSync(this.#name(name), { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? undefined : hostStat(stats);
  }

  openDirectory(name: string, expected: HostIdentity): HostDirectory {
    if (expected.kind !== "directory") throw new LinuxError("ENOTDIR", name);
    return new DescriptorDirectory(this.#find(name, expected));
  }

  openFile(name: string, expected: HostIdentity, access: HostAccess): HostFile {
    if (expected.kind !== "file") throw new LinuxError("EACCES", name);
    const found = this.#find(name, expected);
    try {
      return new DescriptorFile(openSync(descriptorPath(found), accessFlags(access)), true);
    } finally {
      closeSync(found);
    }
  }

  createFile(name: string, mode: number): HostFile {
    // O_EXCL doesn't follow a symlink either.
    const flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    const file = new DescriptorFile(openSync(this.#name(name), flags, mode), true);
    // The guest's umask is applied already; the host's own must not be.
    if (file.stat().mode !== mode) file.setAttributes({ mode });
    return file;
  }

  createDirectory(name: string, mode: number): void {
    mkdirSync(this.#name(name), { mode });
    const stat = this.statName(name);
    if (stat?.kind === "directory" && stat.mode !== mode) this.setAttributes(name, stat, { mode });
  }

  createSymlink(name: string, target: string): void {
    symlinkSync(bytesIfNeeded(target), this.#name(name));
  }

  readSymlink(name: string): string {
    return decodePath(readlinkSync(this.#name(name), { encoding: "buffer" }));
  }

  setAttributes(name: string, expected: HostIdentity, changes: AttributeChanges): void {
    const found = this.#find(name, expected);
    try {
      const stats = fstatSync(found, { bigint: true });
      if (stats.isSymbolicLink()) this.#setOfSymlink(name, changes, stats);
      else setThrough(descriptorPath(found), changes);
    } finally {
      closeSync(found);
    }
  }

  link(name: string, from: HostDirectory, fromName: string): void {
    linkSync(sibling(from).#name(fromName), this.#name(name));
  }

  unlink(name: string): void {
    unlinkSync(this.#name(name));
  }

  removeDirectory(name: string): void {
    rmdirSync(this.#name(name));
  }

  rename(name: string, to: HostDirectory, newName: string): void {
    renameSync(this.#name(name), sibling(to).#name(newName));
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** The path of a name in this directory. */
  #name(name: string): string | Buffer {
    demandComponent(name);
    return bytesIfNeeded(`${this.#path}/${name}`);
  }

  /** A descriptor of what a name means, which can't be read or written. @throws LinuxError ESTALE. */
  #find(name: string, expected: HostIdentity): number {
    const descriptor = openSync(this.#name(name), openPath | O_NOFOLLOW);
    try {
      demandSame(hostStat(fstatSync(descriptor, { bigint: true })), expected);
      return descriptor;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Only calls that don't follow; a symlink has no permission bits to change. */
  #setOfSymlink(
    name: string,
    { uid, gid, atimeNanos, mtimeNanos }: AttributeChanges,
    now: { uid: bigint; gid: bigint; atimeNs: bigint; mtimeNs: bigint },
  ): void {
    if (uid !== undefined || gid !== undefined) {
      lchownSync(this.#name(name), uid ?? Number(now.uid), gid ?? Number(now.gid));
    }
    if (atimeNanos !== undefined || mtimeNanos !== undefined) {
      const atime = nodeTime(atimeNanos ?? now.atimeNs);
      lutimesSync(this.#name(name), atime, nodeTime(mtimeNanos ?? now.mtimeNs));
    }
  }
}

function descriptorPath(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

/** Sets attributes through a descriptor's path: an O_PATH descriptor itself refuses to. */
function setThrough(path: string, changes: AttributeChanges): void {
  const { mode, uid, gid, atimeNanos, mtimeNanos } = changes;
  if (uid !== undefined || gid !== undefined) {
    const now = statSync(path);
    chownSync(path, uid ?? now.uid, gid ?? now.gid);
  }
  if (mode !== undefined) chmodSync(path, mode);
  if (atimeNanos !== undefined || mtimeNanos !== undefined) {
    const now = statSync(path, { bigint: true });
    utimesSync(path, nodeTime(atimeNanos ?? now.atimeNs), nodeTime(mtimeNanos ?? now.mtimeNs));
  }
}

/** Names that aren't UTF-8 go to Node as bytes; all others as the string, which is faster. */
function bytesIfNeeded(path: string): string | Buffer {
  return /\p{Surrogate}/u.test(path) ? Buffer.from(encodePath(path)) : path;
}

function sibling(directory: HostDirectory): DescriptorDirectory {
  if (!(directory instanceof DescriptorDirectory)) throw new LinuxError("EXDEV");
  return directory;
}

function descriptorsHavePaths(): boolean {
  const descriptor = openSync("/", openPath | O_DIRECTORY);
  try {
    const stats = statSync(`${descriptorPath(descriptor)}/.`, { throwIfNoEntry: false });
    const root = fstatSync(descriptor);
    return stats?.ino === root.ino && stats.dev === root.dev;
  } catch {
    return false;
  } finally {
    closeSync(descriptor);
  }
}
