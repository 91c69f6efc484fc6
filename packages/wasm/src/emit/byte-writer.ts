/**
 * A growable byte buffer with the primitive encodings of WebAssembly's binary format. Nothing here
 * allocates except growth, because translators call it for every byte of generated code.
 *
 * @see WebAssembly Core Specification 2.0, 5.2 (values)
 * @module
 */
import { EmitError } from "./errors.ts";

/** The most bytes that one call of a fixed-size method writes. */
const longest = 16;

const scratch = new DataView(new ArrayBuffer(8));
const utf8 = new TextEncoder();

/** A buffer that bytes are appended to. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** Creates a writer with room for `capacity` bytes; it grows when that is used up. */
  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(Math.max(capacity, longest));
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /** Forgets what was written and keeps the room. */
  clear(): void {
    this.#length = 0;
  }

  /** The bytes written so far: a view that the next write may overwrite. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
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
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Appends two bytes. */
  byte2(first: number, second: number): void {
    this.#reserve(2);
    this.#bytes[this.#length++] = first;
    this.#bytes[this.#length++] = second;
  }

  /** Appends an opcode byte and an unsigned LEB128: one capacity check for the commonest shape. */
  byteU32(first: number, value: number): void {
    this.#reserve(longest);
    this.#bytes[this.#length++] = first;
    if (value >>> 0 < 0x80) this.#bytes[this.#length++] = value;
    else this.u32(value);
  }

  /** Appends `value` modulo 2^32 as unsigned LEB128. */
  u32(value: number): void {
    this.#reserve(longest);
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Appends `value` modulo 2^32 as signed LEB128 of a 32-bit integer. */
  s32(value: number): void {
    this.#reserve(longest);
    let rest = value | 0;
    while (rest < -0x40 || rest >= 0x40) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.#bytes[this.#length++] = rest & 0x7f;
  }

  /**
   * Appends a 64-bit integer, signed or unsigned, as signed LEB128. Numbers avoid the cost of
   * BigInt. Throws {@link EmitError} for a number that is no safe integer, or a bigint that does
   * not fit 64 bits.
   */
  s64(value: bigint | number): void {
    if (typeof value === "number") {
      if ((value | 0) === value) {
        this.s32(value);
        return;
      }
      if (!Number.isSafeInteger(value)) {
        throw new EmitError(`${value} is no safe integer; give 64-bit constants as bigint`);
      }
      this.#s64(value | 0, Math.floor(value / 0x1_0000_0000));
      return;
    }
    if (value < -0x8000_0000_0000_0000n || value > 0xffff_ffff_ffff_ffffn) {
      throw new EmitError(`${value} does not fit 64 bits`);
    }
    scratch.setBigInt64(0, value, true);
    this.#s64(scratch.getInt32(0, true), scratch.getInt32(4, true));
  }

  #s64(lowWord: number, highWord: number): void {
    this.#reserve(longest);
    let low = lowWord;
    let high = highWord;
    // Done when the rest is nothing but copies of the sign bit that the last byte carries.
    while (low >> 31 !== high || low < -0x40 || low >= 0x40) {
      this.#bytes[this.#length++] = (low & 0x7f) | 0x80;
      low = (low >>> 7) | (high << 25);
      high >>= 7;
    }
    this.#bytes[this.#length++] = low & 0x7f;
  }

  /** Appends a little-endian binary32; every NaN becomes the canonical one. */
  f32(value: number): void {
    if (Number.isNaN(value)) scratch.setUint32(0, 0x7fc0_0000, true);
    else scratch.setFloat32(0, value, true);
    this.#scratch(4);
  }

  /** Appends a little-endian binary64; every NaN becomes the canonical one. */
  f64(value: number): void {
    if (Number.isNaN(value)) scratch.setBigUint64(0, 0x7ff8_0000_0000_0000n, true);
    else scratch.setFloat64(0, value, true);
    this.#scratch(8);
  }

  #scratch(size: number): void {
    this.#reserve(size);
    for (let i = 0; i < size; i++) this.#bytes[this.#length++] = scratch.getUint8(i);
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
    this.sized(utf8.encode(text));
  }
}
