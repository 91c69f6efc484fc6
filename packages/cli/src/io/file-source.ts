/** Files that are read where they are needed, while something runs that was made from them. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, type Stats } from "node:fs";
import { type ByteSource, byteSource } from "@isovm/abi";
import { InputError } from "../errors.ts";
import { explained, refuseDevices } from "./read-file.ts";

/** A source that holds something of the host. */
export interface OpenSource extends ByteSource {
  /** Whether it is read where it is needed; what it was made from may be read again then. */
  readonly isFile: boolean;
  close(): void;
}

/** Opens a file; what has no end known beforehand, a pipe, is read at once. @throws InputError */
export function openSource(path: string): OpenSource {
  return explained(path, () => {
    refuseDevices(path);
    const descriptor = openSync(path, "r");
    const status = fstatSync(descriptor);
    if (status.isFile()) return new FileSource(path, descriptor, status);
    try {
      return { ...byteSource(readFileSync(descriptor)), isFile: false, close: () => {} };
    } finally {
      closeSync(descriptor);
    }
  });
}

/** A file is taken to be unchanged for so long: asking takes as long as reading some pages. */
const trustMillis = 10;

/** A file that must not change meanwhile. What takes its place under its name does no harm. */
class FileSource implements OpenSource {
  readonly isFile: boolean = true;
  readonly sizeBytes: number;
  readonly #path: string;
  readonly #modified: number;
  #descriptor: number | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(path: string, descriptor: number, { size, mtimeMs }: Stats) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.sizeBytes = size;
    this.#modified = mtimeMs;
  }

  /** @throws InputError if it is found out that the file was changed, or it can't be read. */
  read(offset: number, target: Uint8Array): number {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) throw new InputError(`${this.#path}: was closed`);
    return explained(this.#path, () => {
      this.#check(descriptor);
      return readSync(descriptor, target, 0, target.length, offset);
    });
  }

  #check(descriptor: number): void {
    const now = performance.now();
    if (now - this.#checkedAt < trustMillis) return;
    const { size, mtimeMs } = fstatSync(descriptor);
    if (size !== this.sizeBytes || mtimeMs !== this.#modified) {
      throw new InputError(`${this.#path}: was changed while it was in use`);
    }
    this.#checkedAt = now;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** The bytes of a source from `start` on, so many or as many as it has. */
export function headOf(source: ByteSource, mostBytes: number, start = 0): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.min(mostBytes, source.sizeBytes - start)));
  return bytes.subarray(0, source.read(start, bytes));
}
