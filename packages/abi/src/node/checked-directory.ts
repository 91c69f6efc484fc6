/**
 * Directories of a host without `/proc/self/fd` (macOS, Windows), by their real paths.
 *
 * Before each operation the directory's path is resolved again and must still be itself, and what
 * an open found must be what was looked up. That keeps a guest inside its root; it doesn't keep out
 * another process of the host that exchanges directories at the right instant, in between. Where
 * such a process isn't trusted, lend nothing that it can write.
 */
import {
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
  realpathSync,
  renameSync,
  rmdirSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { LinuxError } from "../linux/errno.ts";
import type {
  HostAccess,
  HostDirectory,
  HostEntry,
  HostFile,
  HostIdentity,
  HostStat,
} from "../vfs/host/driver.ts";
import type { AttributeChanges, FileSystemStat } from "../vfs/types.ts";
import { accessFlags, applyChanges, DescriptorFile } from "./descriptor-file.ts";
import {
  demandComponent,
  demandSame,
  hostFileSystemStat,
  hostStat,
  kindOfEntry,
  nodeTime,
} from "./host-stat.ts";

/** Windows has neither; there, what is opened is compared with what was looked up all the same. */
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlocking = constants.O_NONBLOCK ?? 0;

/** A directory by its real path. */
export class CheckedDirectory implements HostDirectory {
  readonly followsRenames = false;
  readonly #path: string;
  readonly #identity: HostIdentity;

  private constructor(path: string, identity: HostIdentity) {
    this.#path = path;
    this.#identity = identity;
  }

  /** Opens a directory by a path of the host's. */
  static openRoot(path: string): CheckedDirectory {
    const real = realpathSync.native(path);
    const stat = hostStat(lstatSync(real, { bigint: true }));
    if (stat.kind !== "directory") throw new LinuxError("ENOTDIR");
    return new CheckedDirectory(real, stat);
  }

  stat(): HostStat {
    const stat = hostStat(lstatSync(this.#path, { bigint: true }));
    demandSame(stat, this.#identity);
    return stat;
  }

  setOwnAttributes(changes: AttributeChanges): void {
    const descriptor = openSync(this.#check(), constants.O_RDONLY | noFollow);
    try {
      demandSame(hostStat(fstatSync(descriptor, { bigint: true })), this.#identity);
      applyChanges(descriptor, changes);
    } finally {
      closeSync(descriptor);
    }
  }

  statfs(): FileSystemStat {
    return hostFileSystemStat(statfsSync(this.#check(), { bigint: true }));
  }

  list(): HostEntry[] {
    const entries = readdirSync(this.#check(), { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, kind: kindOfEntry(entry) }));
  }

  statName(name: string): HostStat | undefined {
    const stats = lstatSync(this.#name(name), { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? undefined : hostStat(stats);
  }

  openDirectory(name: string, expected: HostIdentity): HostDirectory {
    const stat = this.statName(name);
    if (stat?.kind !== "directory") throw new LinuxError("ESTALE", name);
    demandSame(stat, expected);
    return new CheckedDirectory(join(this.#path, name), expected);
  }

  openFile(name: string, expected: HostIdentity, access: HostAccess): HostFile {
    return new DescriptorFile(this.#open(name, accessFlags(access), expected), false);
  }

  createFile(name: string, mode: number): HostFile {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow;
    const file = new DescriptorFile(openSync(this.#name(name), flags, mode), false);
    this.#check();
    if (file.stat().mode !== mode) file.setAttributes({ mode });
    return file;
  }

  createDirectory(name: string, mode: number): void {
    mkdirSync(this.#name(name), { mode });
    const stat = this.statName(name);
    // The guest's umask is applied already; the host's own must not be.
    if (stat?.kind === "directory" && stat.mode !== mode) {
      this.openDirectory(name, stat).setOwnAttributes({ mode });
    }
  }

  createSymlink(name: string, target: string): void {
    symlinkSync(target, this.#name(name));
  }

  readSymlink(name: string): string {
    return readlinkSync(this.#name(name));
  }

  setAttributes(name: string, expected: HostIdentity, changes: AttributeChanges): void {
    const stat = this.statName(name);
    if (stat === undefined) throw new LinuxError("ESTALE", name);
    demandSame(stat, expected);
    if (stat.kind === "file") {
      const descriptor = this.#open(name, constants.O_RDONLY, expected);
      try {
        applyChanges(descriptor, changes);
      } finally {
        closeSync(descriptor);
      }
      return;
    }
    const { uid, gid, atimeNanos, mtimeNanos } = changes;
    if (uid !== undefined || gid !== undefined) {
      lchownSync(this.#name(name), uid ?? stat.uid, gid ?? stat.gid);
    }
    if (atimeNanos !== undefined || mtimeNanos !== undefined) {
      const atime = nodeTime(atimeNanos ?? stat.atimeNanos);
      lutimesSync(this.#name(name), atime, nodeTime(mtimeNanos ?? stat.mtimeNanos));
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

  close(): void {}

  /** The path, if it still leads to this directory and through no symlink. @throws LinuxError ESTALE. */
  #check(): string {
    if (realpathSync.native(this.#path) !== this.#path) throw new LinuxError("ESTALE");
    this.stat();
    return this.#path;
  }

  #name(name: string): string {
    demandComponent(name);
    return join(this.#check(), name);
  }

  #open(name: string, mode: number, expected: HostIdentity): number {
    // Looked at first, since merely opening some devices has an effect.
    const before = this.statName(name);
    if (before?.kind !== "file") throw new LinuxError("ESTALE", name);
    const descriptor = openSync(this.#name(name), mode | noFollow | nonBlocking);
    try {
      const stat = hostStat(fstatSync(descriptor, { bigint: true }));
      demandSame(stat, expected);
      this.#check();
      return descriptor;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }
}

function sibling(directory: HostDirectory): CheckedDirectory {
  if (!(directory instanceof CheckedDirectory)) throw new LinuxError("EXDEV");
  return directory;
}
