/**
 * A directory of the host as a file system of the guest.
 *
 * Inodes are told apart by the host's device and inode numbers. Each remembers the name under
 * which it was last seen; what is done to it is done through that name, by a driver that checks
 * that it is still the same file, or through a descriptor if the guest has it open.
 */
import { LinuxError } from "../../linux/errno.ts";
import type { FileSystem, FileSystemStat } from "../types.ts";
import { DirectoryPool } from "./directory-pool.ts";
import type { HostDirectory, HostStat } from "./driver.ts";
import { onHost } from "./host-error.ts";
import { HostInode } from "./inode.ts";

/** How a directory of the host is lent. */
export interface HostFileSystemOptions {
  /** The directory, from a driver; the file system closes it. */
  readonly directory: HostDirectory;
  /** Lends a single file of the directory, and nothing else. */
  readonly file?: string;
  readonly readOnly?: boolean;
}

const firstSweep = 256;

/** A file system over a directory of the host. */
export class HostFileSystem implements FileSystem {
  readonly type = "hostfs";
  readonly root: HostInode;
  readonly readOnly: boolean;
  readonly pool: DirectoryPool;
  dev = 0;
  readonly #inodes = new Map<string, WeakRef<HostInode>>();
  readonly #devices: bigint[] = [];
  #sweepAt = firstSweep;

  /** @throws LinuxError ENOENT if the single file isn't there, EACCES if it can't be lent. */
  constructor(options: HostFileSystemOptions) {
    this.readOnly = options.readOnly ?? false;
    const { directory } = options;
    const top = new HostInode(
      this,
      onHost(() => directory.stat()),
      undefined,
    );
    this.pool = new DirectoryPool(top, directory);
    this.root = options.file === undefined ? top : this.#single(top, options.file);
  }

  statfs(): FileSystemStat {
    return onHost(() =>
      this.pool.get(this.root.kind === "directory" ? this.root : this.#top()).statfs(),
    );
  }

  /** The inode of a file: the same object for as long as anybody holds it. */
  inode(stat: HostStat, parent: HostInode, name: string): HostInode {
    const key = `${stat.dev}:${stat.ino}`;
    const known = this.#inodes.get(key)?.deref();
    if (known !== undefined && known.kind === stat.kind) {
      known.place = { parent, name };
      return known;
    }
    const inode = new HostInode(this, stat, { parent, name });
    this.#sweep();
    this.#inodes.set(key, new WeakRef(inode));
    return inode;
  }

  /** A file lost its last name: the host may soon give its number to another. */
  forget(inode: HostInode): void {
    this.#inodes.delete(`${inode.identity.dev}:${inode.identity.ino}`);
  }

  /** The guest's inode number for a file; those of different host devices are kept apart. */
  inodeNumber(stat: { readonly dev: bigint; readonly ino: bigint }): bigint {
    let index = this.#devices.indexOf(stat.dev);
    if (index < 0) index = this.#devices.push(stat.dev) - 1;
    return BigInt.asUintN(64, stat.ino ^ (BigInt(index) << 48n));
  }

  /** Gives all descriptors back; the file system must not be used any more. */
  close(): void {
    this.pool.close();
  }

  #top(): HostInode {
    return this.root.place?.parent ?? this.root;
  }

  #single(top: HostInode, name: string): HostInode {
    const inode = top.lookup(name);
    if (inode === undefined) throw new LinuxError("ENOENT", name);
    if (inode.kind !== "file") throw new LinuxError("EACCES", name);
    return inode;
  }

  #sweep(): void {
    if (this.#inodes.size < this.#sweepAt) return;
    for (const [key, reference] of this.#inodes) {
      if (reference.deref() === undefined) this.#inodes.delete(key);
    }
    this.#sweepAt = Math.max(firstSweep, this.#inodes.size * 2);
  }
}
