/** The inodes of the in-memory file system: regular files, symlinks, and nodes that stand for others. */
import { LinuxError } from "../../linux/errno.ts";
import { deviceFile } from "../devices/device-file.ts";
import { alwaysReady } from "../directory-file.ts";
import { InodeBase } from "../inode-base.ts";
import { modeOfKind, permissionMask } from "../mode.ts";
import { encodePath } from "../path-name.ts";
import type {
  AllocateMode,
  AttributeChanges,
  FileKind,
  NewInode,
  OpenAccess,
  OpenFile,
  Readiness,
  Stat,
} from "../types.ts";
import type { MemoryFileSystem } from "./file-system.ts";
import { PagedData, pageBytes } from "./paged-data.ts";

/** A day, after which a read updates the access time in any case (`relatime`). */
const dayNanos = 86_400_000_000_000n;

/** Symlinks with longer texts take a page of the file system's space. */
const inlineTargetBytes = 128;

/** An inode in memory. */
export abstract class MemoryInode extends InodeBase {
  readonly fileSystem: MemoryFileSystem;
  readonly kind: FileKind;
  readonly ino: bigint;
  /** The number of names; the inode is gone when it is 0 and nobody has it open. */
  nlink = 1;
  #mode: number;
  #uid: number;
  #gid: number;
  readonly #btime: bigint;
  #atime: bigint;
  #mtime: bigint;
  #ctime: bigint;

  constructor(fileSystem: MemoryFileSystem, node: NewInode) {
    super();
    this.fileSystem = fileSystem;
    this.kind = node.kind;
    this.ino = fileSystem.takeInode();
    this.#mode = node.mode & permissionMask;
    this.#uid = node.uid;
    this.#gid = node.gid;
    const now = fileSystem.clock();
    this.#btime = now;
    this.#atime = now;
    this.#mtime = now;
    this.#ctime = now;
  }

  stat(): Stat {
    const size = this.sizes();
    return {
      dev: this.fileSystem.dev,
      ino: this.ino,
      mode: modeOfKind[this.kind] | this.#mode,
      nlink: this.nlink,
      uid: this.#uid,
      gid: this.#gid,
      rdev: this.rdev(),
      sizeBytes: size.bytes,
      blockBytes: pageBytes,
      blocks: size.pages * (pageBytes / 512),
      atimeNanos: this.#atime,
      mtimeNanos: this.#mtime,
      ctimeNanos: this.#ctime,
      btimeNanos: this.#btime,
    };
  }

  override setAttributes(changes: AttributeChanges): void {
    this.#mode = (changes.mode ?? this.#mode) & permissionMask;
    this.#uid = changes.uid ?? this.#uid;
    this.#gid = changes.gid ?? this.#gid;
    this.#atime = changes.atimeNanos ?? this.#atime;
    this.#mtime = changes.mtimeNanos ?? this.#mtime;
    this.#ctime = this.fileSystem.clock();
  }

  /** A name was removed. */
  dropName(): void {
    // The last name's share is given back when the inode is freed.
    if (this.nlink > 1) this.fileSystem.giveName();
    this.changeLinks(-1);
  }

  /** The number of names changed. */
  changeLinks(difference: number): void {
    this.nlink += difference;
    this.#ctime = this.fileSystem.clock();
    this.releaseIfUnused();
  }

  /** The contents changed. */
  touchModified(): void {
    const now = this.fileSystem.clock();
    this.#mtime = now;
    this.#ctime = now;
  }

  /** The contents were read; the time is kept as under `relatime`. */
  touchAccessed(): void {
    const now = this.fileSystem.clock();
    const isRecent = this.#atime > this.#mtime && this.#atime > this.#ctime;
    if (!isRecent || now - this.#atime >= dayNanos) this.#atime = now;
  }

  /** Frees what the inode holds if it has neither names nor users. */
  releaseIfUnused(): void {
    if (this.nlink === 0) this.fileSystem.giveInode(this);
  }

  protected abstract sizes(): { readonly bytes: number; readonly pages: number };

  protected rdev(): number {
    return 0;
  }
}

/** A regular file in memory. */
export class MemoryFile extends MemoryInode {
  readonly data: PagedData;
  /** True for a file that has no name yet but may get one (`O_TMPFILE` without `O_EXCL`). */
  linkable = false;
  #users = 0;

  constructor(fileSystem: MemoryFileSystem, node: NewInode) {
    super(fileSystem, node);
    this.data = new PagedData(fileSystem.quota);
  }

  override truncate(sizeBytes: number): void {
    this.data.truncate(sizeBytes);
    this.touchModified();
  }

  override open(_access: OpenAccess): OpenFile {
    this.#users += 1;
    return new MemoryOpenFile(this);
  }

  close(): void {
    this.#users -= 1;
    this.releaseIfUnused();
  }

  override releaseIfUnused(): void {
    if (this.nlink > 0 || this.#users > 0) return;
    this.data.release();
    super.releaseIfUnused();
  }

  protected override sizes(): { bytes: number; pages: number } {
    return { bytes: this.data.size, pages: this.data.allocatedPages };
  }
}

/** A symlink in memory. */
export class MemorySymlink extends MemoryInode {
  readonly #target: string;
  readonly #bytes: number;
  readonly #pages: number;

  constructor(fileSystem: MemoryFileSystem, node: NewInode) {
    super(fileSystem, node);
    this.#target = node.target ?? "";
    this.#bytes = encodePath(this.#target).length;
    this.#pages = this.#bytes > inlineTargetBytes ? 1 : 0;
    if (this.#pages > 0 && !fileSystem.quota.take()) {
      this.fileSystem.giveName();
      throw new LinuxError("ENOSPC");
    }
  }

  override releaseIfUnused(): void {
    if (this.nlink > 0) return;
    this.fileSystem.quota.give(this.#pages);
    super.releaseIfUnused();
  }

  override readlink(): string {
    this.touchAccessed();
    return this.#target;
  }

  protected override sizes(): { bytes: number; pages: number } {
    return { bytes: this.#bytes, pages: this.#pages };
  }
}

/** A device, FIFO or socket in memory: a name for something else. */
export class MemoryNode extends MemoryInode {
  readonly #rdev: number;

  constructor(fileSystem: MemoryFileSystem, node: NewInode) {
    super(fileSystem, node);
    this.#rdev = node.rdev ?? 0;
  }

  override open(access: OpenAccess): OpenFile {
    const device = this.kind === "character" ? this.fileSystem.devices.get(this.#rdev) : undefined;
    if (device === undefined) throw new LinuxError("ENXIO");
    return deviceFile(this, device, access);
  }

  protected override rdev(): number {
    return this.#rdev;
  }

  protected override sizes(): { bytes: number; pages: number } {
    return { bytes: 0, pages: 0 };
  }
}

class MemoryOpenFile implements OpenFile {
  readonly inode: MemoryFile;
  readonly seekable = true;

  constructor(inode: MemoryFile) {
    this.inode = inode;
  }

  read(buffer: Uint8Array, position: number): number {
    const count = this.inode.data.read(buffer, position);
    if (buffer.length > 0) this.inode.touchAccessed();
    return count;
  }

  write(buffer: Uint8Array, position: number): number {
    const count = this.inode.data.write(buffer, position);
    if (count > 0) this.inode.touchModified();
    return count;
  }

  append(buffer: Uint8Array): number {
    return this.write(buffer, this.inode.data.size);
  }

  readDirectory(): never {
    throw new LinuxError("ENOTDIR");
  }

  size(): number {
    return this.inode.data.size;
  }

  seekExtent(position: number, what: "data" | "hole"): number {
    return this.inode.data.seekExtent(position, what);
  }

  truncate(sizeBytes: number): void {
    this.inode.truncate(sizeBytes);
  }

  allocate(mode: AllocateMode, position: number, lengthBytes: number): void {
    const { data } = this.inode;
    if (mode === "punchHole") {
      data.punch(position, Math.min(lengthBytes, Math.max(0, data.size - position)));
    } else {
      if (mode === "zeroRange" || mode === "zeroRangeKeepSize") data.punch(position, lengthBytes);
      data.allocate(position, lengthBytes, mode === "extend" || mode === "zeroRange");
    }
    this.inode.touchModified();
  }

  sync(): void {}

  readiness(): Readiness {
    return alwaysReady;
  }

  ioctl(): number {
    throw new LinuxError("ENOTTY");
  }

  close(): void {
    this.inode.close();
  }
}
