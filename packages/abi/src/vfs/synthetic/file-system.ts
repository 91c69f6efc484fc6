/**
 * A file system whose contents are generated: `/proc`, and `/sys` if somebody needs it.
 * @see proc(5)
 */
import { LinuxError } from "../../linux/errno.ts";
import { DirectoryFile } from "../directory-file.ts";
import { InodeBase } from "../inode-base.ts";
import { modeOfKind } from "../mode.ts";
import { encodePath } from "../path-name.ts";
import type {
  AttributeChanges,
  DirectoryEntry,
  FileKind,
  FileSystem,
  FileSystemStat,
  Inode,
  MagicTarget,
  OpenAccess,
  OpenFile,
  RealTimeClock,
  Stat,
} from "../types.ts";
import { SyntheticOpenFile } from "./open-file.ts";
import type { SyntheticDirectory, SyntheticNode } from "./tree.ts";

/** How a generated file system is made. */
export interface SyntheticFileSystemOptions {
  readonly root: SyntheticDirectory;
  /** For time stamps: all nodes have always just been made. */
  readonly clock: RealTimeClock;
  /** The type's name in `/proc/mounts`. Default `proc`. */
  readonly type?: string;
  /** `f_type` of `statfs`. Default `PROC_SUPER_MAGIC`. */
  readonly magic?: number;
}

const procMagic = 0x9fa0;
const rootInode = 1n;
const defaultModes: Partial<Record<FileKind, number>> = {
  file: 0o444,
  directory: 0o555,
  symlink: 0o777,
};

/** A file system over a description of what it contains. */
export class SyntheticFileSystem implements FileSystem {
  readonly type: string;
  readonly root: Inode;
  readonly readOnly = false;
  readonly clock: RealTimeClock;
  dev = 0;
  readonly #magic: number;

  constructor(options: SyntheticFileSystemOptions) {
    this.type = options.type ?? "proc";
    this.clock = options.clock;
    this.#magic = options.magic ?? procMagic;
    this.root = new SyntheticInode(this, options.root, rootInode, undefined);
  }

  statfs(): FileSystemStat {
    return {
      magic: this.#magic,
      blockBytes: 4096,
      blocks: 0n,
      blocksFree: 0n,
      blocksAvailable: 0n,
      files: 0n,
      filesFree: 0n,
      nameBytes: 255,
    };
  }
}

class SyntheticInode extends InodeBase {
  readonly fileSystem: SyntheticFileSystem;
  readonly kind: FileKind;
  readonly ino: bigint;
  readonly #parent: SyntheticInode | undefined;
  /** The latest description: a live directory may describe the same node anew each time. */
  #node: SyntheticNode;
  readonly #children = new Map<string, WeakRef<SyntheticInode>>();

  constructor(
    fileSystem: SyntheticFileSystem,
    node: SyntheticNode,
    ino: bigint,
    parent: SyntheticInode | undefined,
  ) {
    super();
    this.fileSystem = fileSystem;
    this.kind = node.kind;
    this.ino = ino;
    this.#node = node;
    this.#parent = parent;
  }

  stat(): Stat {
    const now = this.fileSystem.clock();
    const { uid, gid } = this.#node.owner?.() ?? { uid: 0, gid: 0 };
    return {
      dev: this.fileSystem.dev,
      ino: this.ino,
      mode: modeOfKind[this.kind] | (this.#node.mode ?? defaultModes[this.kind] ?? 0),
      nlink: this.kind === "directory" ? 2 : 1,
      uid,
      gid,
      rdev: 0,
      sizeBytes: 0,
      blockBytes: 1024,
      blocks: 0,
      atimeNanos: now,
      mtimeNanos: now,
      ctimeNanos: now,
      btimeNanos: undefined,
    };
  }

  override setAttributes(_changes: AttributeChanges): void {
    throw new LinuxError("EPERM");
  }

  override truncate(sizeBytes: number): void {
    // `echo 1 > file` truncates first, which generated files bear.
    if (this.#node.kind !== "file") super.truncate(sizeBytes);
  }

  override open(access: OpenAccess): OpenFile {
    const node = this.#node;
    if (node.kind === "directory") {
      return new DirectoryFile(this, (position) => this.#list(node, position));
    }
    if (node.kind === "symlink") throw new LinuxError("ELOOP");
    if (access.write && node.write === undefined) throw new LinuxError("EACCES");
    return new SyntheticOpenFile(this, node);
  }

  override lookup(name: string): SyntheticInode | undefined {
    const directory = this.#node;
    if (directory.kind !== "directory") throw new LinuxError("ENOTDIR", name);
    const node = directory.lookup(name);
    if (node === undefined) {
      this.#children.delete(name);
      return undefined;
    }
    const known = this.#children.get(name)?.deref();
    if (known !== undefined && known.kind === node.kind && known.#node.identity === node.identity) {
      known.#node = node;
      return known;
    }
    const ino = inodeNumber(this.ino, name);
    const inode = new SyntheticInode(this.fileSystem, node, ino, this);
    this.#children.set(name, new WeakRef(inode));
    return inode;
  }

  override readlink(): string {
    if (this.#node.kind !== "symlink") throw new LinuxError("EINVAL");
    return this.#node.text();
  }

  followMagic(): MagicTarget | undefined {
    return this.#node.kind === "symlink" ? this.#node.follow?.() : undefined;
  }

  *#list(directory: SyntheticDirectory, position: number): Iterable<DirectoryEntry> {
    if (position <= 0) yield { name: ".", ino: this.ino, kind: "directory", nextPosition: 1 };
    if (position <= 1) {
      const { ino } = this.#parent ?? this;
      yield { name: "..", ino, kind: "directory", nextPosition: 2 };
    }
    // Numeric names are their own positions, so that a process's end doesn't hide another one.
    const entries = Array.from(directory.list(), (name, index) => ({
      name,
      position: /^\d{1,9}$/.test(name) ? numericBase + Number(name) : 2 + index,
    })).sort((a, b) => a.position - b.position);
    for (const entry of entries) {
      if (entry.position < position) continue;
      const node = directory.lookup(entry.name);
      if (node === undefined) continue;
      const ino = inodeNumber(this.ino, entry.name);
      yield { name: entry.name, ino, kind: node.kind, nextPosition: entry.position + 1 };
    }
  }
}

/** Positions of numeric names start here, above all others. */
const numericBase = 2 ** 32;

/** An inode number that depends on the path alone, so that it is the same in every run (FNV-1a). */
function inodeNumber(parent: bigint, name: string): bigint {
  let hash = 0xcbf29ce484222325n ^ parent;
  for (const byte of encodePath(name)) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  // Kept below 2^53, which every language reads exactly, and away from small numbers.
  return (hash >> 12n) | (1n << 51n);
}
