/**
 * A growable byte buffer with the primitive encodings of WebAssembly's binary format.
 *
 * @see WebAssembly Core Specification 2.0, 5.2 (values)
 * @module
 */
import { writeF32, writeF64 } from "./ieee754.ts";
import { longestLeb128, writeS32, writeS64, writeU32 } from "./leb128.ts";

const utf8 = new TextEncoder();

/** A buffer that bytes are appended to. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** Creates a writer with room for `capacity` bytes; it grows when that is used up. */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /** The bytes from `start` up to `end`: a view that becomes stale when more is written. */
  view(start = 0, end: number = this.#length): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  /** A copy of the bytes written so far. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.view());
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + size));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  /** Appends the low eight bits of `value`. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Appends `value` modulo 2^32 as unsigned LEB128. */
  u32(value: number): void {
    this.#reserve(longestLeb128);
    this.#length = writeU32(this.#bytes, this.#length, value);
  }

  /** Appends `value` modulo 2^32 as signed LEB128 of a 32-bit integer. */
  s32(value: number): void {
    this.#reserve(longestLeb128);
    this.#length = writeS32(this.#bytes, this.#length, value);
  }

  /** Appends a 64-bit integer as signed LEB128; see {@link writeS64}. */
  s64(value: bigint | number): void {
    this.#reserve(longestLeb128);
    this.#length = writeS64(this.#bytes, this.#length, value);
  }

  /** Appends a little-endian binary32. */
  f32(value: number): void {
    this.#reserve(4);
    this.#length = writeF32(this.#bytes, this.#length, value);
  }

  /** Appends a little-endian binary64. */
  f64(value: number): void {
    this.#reserve(8);
    this.#length = writeF64(this.#bytes, this.#length, value);
  }

  /** Appends bytes as they are. */
  bytes(data: Uint8Array): void {
    this.#reserve(data.length);
    this.#bytes.set(data, this.#length);
    this.#length += data.length;
  }

  /** Appends a vector of bytes: its length, then the bytes. */
  sized(data: Uint8Array): void {
    this.u32(data.length);
    this.bytes(data);
  }

  /** Appends a name: UTF-8, preceded by its length in bytes. */
  name(text: string): void {
    this.#reserve(longestLeb128 + text.length);
    const start = this.#length;
    let at = writeU32(this.#bytes, start, text.length);
    // Nearly all names are ASCII, for which an encoder's buffers would cost more than the rest.
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.sized(utf8.encode(text));
        return;
      }
      this.#bytes[at++] = unit;
    }
    this.#length = at;
  }
}
