/**
 * The page sources of mapped files: one for each inode, so that all mappings of a file share
 * their pages, and read(2) and write(2) agree with them.
 */
import type { Inode, OpenFile } from "../../vfs/types.ts";
import type { PageSource } from "../address-space.ts";
import { LinuxError } from "../errno.ts";
import type { Kernel } from "../kernel.ts";

// A mapping outlives its descriptor, so each mapped file keeps one open file of its own; those
// used least recently are closed and opened again when needed, so that many mappings do not
// exhaust the host.
const MAX_OPEN_FILES = 128;

/** Makes and finds page sources. */
export class PageSources {
  readonly #kernel: Kernel;
  readonly #sources = new WeakMap<Inode, FileSource>();
  readonly #open = new Set<FileSource>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The page source of a regular file. `name` is its path, for `/proc/self/maps`. */
  of(inode: Inode, name: string): FileSource {
    let source = this.#sources.get(inode);
    if (source === undefined) {
      source = new FileSource(inode, name, (used) => this.#touch(used));
      this.#sources.set(inode, source);
    }
    return source;
  }

  /** Before read(2) or stat(2): what was stored to shared mappings reaches the file. */
  beforeRead(inode: Inode): void {
    const source = this.#sources.get(inode);
    if (source?.isWritable === true) this.#kernel.memory.syncSource(source);
  }

  /** After write(2) or truncate(2): mappings see the new bytes. */
  afterWrite(inode: Inode, offset: number, length: number): void {
    const source = this.#sources.get(inode);
    if (source !== undefined) this.#kernel.memory.invalidate(source, offset, length);
  }

  /** Closes all files; later use opens them again. */
  close(): void {
    for (const source of this.#open) source.closeFile();
    this.#open.clear();
  }

  #touch(source: FileSource): void {
    this.#open.delete(source);
    this.#open.add(source);
    if (this.#open.size <= MAX_OPEN_FILES) return;
    const [oldest] = this.#open;
    if (oldest === undefined) return;
    this.#open.delete(oldest);
    oldest.closeFile();
  }
}

/** The pages of one regular file. */
export class FileSource implements PageSource {
  readonly name: string;
  readonly inode: number;
  /** Present once the file was mapped shared and writable. */
  write?: (offset: number, bytes: Uint8Array) => void;
  readonly #inode: Inode;
  readonly #touch: (source: FileSource) => void;
  #file: OpenFile | undefined;

  constructor(inode: Inode, name: string, touch: (source: FileSource) => void) {
    this.name = name;
    this.inode = Number(inode.stat().ino);
    this.#inode = inode;
    this.#touch = touch;
  }

  get isWritable(): boolean {
    return this.write !== undefined;
  }

  get sizeBytes(): number {
    return this.#opened().size();
  }

  /** From now on stores to shared mappings are written to the file. @throws LinuxError EACCES, EROFS. */
  allowWriting(): void {
    if (this.write !== undefined) return;
    this.closeFile();
    this.write = (offset, bytes) => this.#write(offset, bytes);
    try {
      this.#opened();
    } catch (error) {
      delete this.write;
      throw error;
    }
  }

  read(offset: number, target: Uint8Array): void {
    let done = 0;
    try {
      const file = this.#opened();
      while (done < target.length) {
        const count = file.read(target.subarray(done), offset + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      // Linux would raise SIGBUS for a failing disk; a host that fails here has lost the file.
      if (!(error instanceof LinuxError)) throw error;
    }
    target.fill(0, done);
  }

  closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  // A mapping never makes its file longer.
  #write(offset: number, bytes: Uint8Array): void {
    const file = this.#opened();
    const length = Math.min(bytes.length, file.size() - offset);
    let done = 0;
    while (done < length) {
      const count = file.write(bytes.subarray(done, length), offset + done);
      if (count <= 0) return;
      done += count;
    }
  }

  #opened(): OpenFile {
    this.#file ??= this.#inode.open({ read: true, write: this.write !== undefined });
    this.#touch(this);
    return this.#file;
  }
}

/** The pages of a shared anonymous mapping: zeros, and an identity that forked processes share. */
export class AnonymousSource implements PageSource {
  readonly name = "/dev/zero (deleted)";
  readonly inode: number;
  readonly sizeBytes: number;

  constructor(inode: number, sizeBytes: number) {
    this.inode = inode;
    this.sizeBytes = sizeBytes;
  }

  read(_offset: number, target: Uint8Array): void {
    target.fill(0);
  }
}
