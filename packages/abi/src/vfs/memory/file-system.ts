/**
 * A file system in memory, after Linux's tmpfs: limited in bytes and in inodes, sparse, and with
 * every kind of inode.
 * @see tmpfs(5)
 */
import { LinuxError } from "../../linux/errno.ts";
import type { DeviceTable } from "../devices/character-device.ts";
import type { FileSystem, FileSystemStat, RealTimeClock } from "../types.ts";
import { MemoryDirectory } from "./directory.ts";
import { MemoryFile, type MemoryInode } from "./inodes.ts";
import { pageBytes, Quota } from "./paged-data.ts";

/** How an in-memory file system is made. */
export interface MemoryFileSystemOptions {
  /** For time stamps. */
  readonly clock: RealTimeClock;
  /** The most bytes that files may take, in whole pages. Default 256 MiB. */
  readonly sizeBytes?: number;
  /** The most inodes, the root included; each hard link counts too. Default 65536. */
  readonly inodes?: number;
  /** Permission bits of the root. Default 0755; a `/tmp` wants 01777. */
  readonly mode?: number;
  readonly readOnly?: boolean;
  /** What character device nodes mean; none can be opened by default. */
  readonly devices?: DeviceTable;
  /** The type's name in `/proc/mounts`. Default `tmpfs`. */
  readonly type?: string;
}

/** `TMPFS_MAGIC`. */
const tmpfsMagic = 0x01021994;

/** A file system that lives in the host process's memory. */
export class MemoryFileSystem implements FileSystem {
  readonly type: string;
  readonly root: MemoryDirectory;
  readonly readOnly: boolean;
  readonly clock: RealTimeClock;
  readonly quota: Quota;
  readonly devices: DeviceTable;
  dev = 0;
  readonly #inodeLimit: number;
  readonly #released = new WeakSet<MemoryInode>();
  #inodes = 0;
  #lastInode = 0n;

  constructor(options: MemoryFileSystemOptions) {
    this.type = options.type ?? "tmpfs";
    this.readOnly = options.readOnly ?? false;
    this.clock = options.clock;
    this.quota = new Quota(options.sizeBytes ?? 256 * 2 ** 20);
    this.devices = options.devices ?? new Map();
    this.#inodeLimit = options.inodes ?? 2 ** 16;
    const node = { kind: "directory", mode: options.mode ?? 0o755, uid: 0, gid: 0 } as const;
    this.root = new MemoryDirectory(this, node, undefined);
  }

  statfs(): FileSystemStat {
    const { limitPages, usedPages } = this.quota;
    const free = BigInt(limitPages - usedPages);
    return {
      magic: tmpfsMagic,
      blockBytes: pageBytes,
      blocks: BigInt(limitPages),
      blocksFree: free,
      blocksAvailable: free,
      files: BigInt(this.#inodeLimit),
      filesFree: BigInt(this.#inodeLimit - this.#inodes),
      nameBytes: 255,
    };
  }

  /** A file outside the tree that is always empty: something to mount another file on. */
  emptyFile(): MemoryInode {
    this.#inodes -= 1;
    return new MemoryFile(this, { kind: "file", mode: 0o444, uid: 0, gid: 0 });
  }

  /** Takes the number of a new inode, and its first name. @throws LinuxError ENOSPC. */
  takeInode(): bigint {
    this.takeName();
    this.#lastInode += 1n;
    return this.#lastInode;
  }

  /** An inode lost its last name and user; counted once, though an unnamed file may be reopened. */
  giveInode(inode: MemoryInode): void {
    if (this.#released.has(inode)) return;
    this.#released.add(inode);
    this.giveName();
  }

  /** Counts another name of an inode: names take memory too. @throws LinuxError ENOSPC. */
  takeName(): void {
    if (this.#inodes >= this.#inodeLimit) throw new LinuxError("ENOSPC");
    this.#inodes += 1;
  }

  /** Another name of an inode is gone. */
  giveName(): void {
    this.#inodes -= 1;
  }
}
