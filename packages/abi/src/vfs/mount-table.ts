/**
 * Which file system is mounted where.
 * @see https://docs.kernel.org/filesystems/sharedsubtree.html; there is one namespace, and no propagation
 */
import { LinuxError } from "../linux/errno.ts";
import { Dentry } from "./dentry.ts";
import { deviceNumber } from "./mode.ts";
import type { FileSystem, Location, Mount } from "./types.ts";

/** How a file system is mounted. */
export interface MountOptions {
  readonly readOnly?: boolean;
  /** What `/proc/mounts` calls the source; default the file system's type. */
  readonly source?: string;
}

/** All mounts of a tree. */
export class MountTable {
  readonly root: Mount;
  readonly #mounts: Mount[] = [];
  #lastId = 0;
  #lastDevice = 0;

  constructor(fileSystem: FileSystem, options: MountOptions = {}) {
    this.root = this.#create(fileSystem, undefined, options);
  }

  /** All mounts, in the order in which they were made. */
  list(): readonly Mount[] {
    return this.#mounts;
  }

  /** Where one ends up at a location: the root of what is mounted there, or the location itself. */
  cross(location: Location): Location {
    let at = location;
    for (let mount = this.#mountedAt(at); mount !== undefined; mount = this.#mountedAt(at)) {
      at = { mount, dentry: mount.root };
    }
    return at;
  }

  /** True if something is mounted on the dentry, seen through whichever mount. */
  isMountPoint(dentry: Dentry): boolean {
    return this.#mounts.some((mount) => mount.mountPoint?.dentry === dentry);
  }

  /** Mounts on top of a directory. @throws LinuxError ENOTDIR. */
  add(mountPoint: Location, fileSystem: FileSystem, options: MountOptions = {}): Mount {
    const isDirectory = (kind: string): boolean => kind === "directory";
    // A single file can be mounted on a file; a directory only on a directory.
    if (isDirectory(mountPoint.dentry.inode.kind) !== isDirectory(fileSystem.root.kind)) {
      throw new LinuxError("ENOTDIR");
    }
    return this.#create(fileSystem, this.cross(mountPoint), options);
  }

  /** Takes a mount off. @throws LinuxError EBUSY if something is mounted on it, EINVAL for the root. */
  remove(mount: Mount): void {
    if (mount === this.root || !this.#mounts.includes(mount)) throw new LinuxError("EINVAL");
    if (this.#mounts.some((other) => other.mountPoint?.mount === mount)) {
      throw new LinuxError("EBUSY");
    }
    this.#mounts.splice(this.#mounts.indexOf(mount), 1);
  }

  /** Gives a file system a device number of its own, so that (dev, ino) tells files apart. */
  identify(fileSystem: FileSystem): void {
    if (fileSystem.dev !== 0) return;
    this.#lastDevice += 1;
    // Major 0 is Linux's for file systems without a device.
    fileSystem.dev = deviceNumber(0, this.#lastDevice);
  }

  #create(fileSystem: FileSystem, mountPoint: Location | undefined, options: MountOptions): Mount {
    this.identify(fileSystem);
    this.#lastId += 1;
    const mount: Mount = {
      id: this.#lastId,
      fileSystem,
      root: new Dentry(fileSystem.root, "", undefined),
      mountPoint,
      readOnly: (options.readOnly ?? false) || fileSystem.readOnly,
      source: options.source ?? fileSystem.type,
    };
    this.#mounts.push(mount);
    return mount;
  }

  #mountedAt(location: Location): Mount | undefined {
    return this.#mounts.find(
      ({ mountPoint }) =>
        mountPoint?.dentry === location.dentry && mountPoint.mount === location.mount,
    );
  }
}
