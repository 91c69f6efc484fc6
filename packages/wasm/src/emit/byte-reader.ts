/**
 * Reads what {@link ByteWriter} wrote. Meant for the emitter's own output (the text printer), so a
 * malformed stream throws and nothing more helpful happens.
 *
 * @see WebAssembly Core Specification 2.0, 5.2 (values)
 * @module
 */
import { EmitError } from "./errors.ts";

/** A position in a sequence of bytes. */
export class ByteReader {
  readonly #view: DataView;
  #position = 0;

  /** Starts at the first byte. */
  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether all bytes have been read. */
  get done(): boolean {
    return this.#position >= this.#view.byteLength;
  }

  /** The next byte. Throws {@link EmitError} at the end. */
  byte(): number {
    if (this.done) throw new EmitError("the byte stream ends early");
    return this.#view.getUint8(this.#position++);
  }

  /** An unsigned LEB128 below 2^32. */
  u32(): number {
    return Number(this.#leb(false));
  }

  /** A signed LEB128 that fits 33 bits: 32-bit constants and block types. */
  s33(): number {
    return Number(this.#leb(true));
  }

  /** A signed LEB128 of a 64-bit integer. */
  s64(): bigint {
    return this.#leb(true);
  }

  /** A binary32. */
  f32(): number {
    this.#position += 4;
    return this.#view.getFloat32(this.#position - 4, true);
  }

  /** A binary64. */
  f64(): number {
    this.#position += 8;
    return this.#view.getFloat64(this.#position - 8, true);
  }

  #leb(signed: boolean): bigint {
    let value = 0n;
    let shift = 0n;
    let byte: number;
    do {
      byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
    } while (byte >= 0x80);
    return signed ? BigInt.asIntN(Number(shift), value) : value;
  }
}
