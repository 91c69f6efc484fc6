/** Writes the code of one function in few steps: it is not hot for long when it is needed most. */
import { writeS32, writeS64, writeU32 } from "@isovm/wasm";

/**
 * Opcodes that are written beside those of templates.
 *
 * @see WebAssembly Core Specification 2.0, 5.4 (instructions)
 */
export const op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  i64Store: 0x37,
  i32Const: 0x41,
  i64Const: 0x42,
  i32LtS: 0x48,
  i64Eq: 0x51,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Xor: 0x73,
} as const;

const noResult = 0x40;
/** More bytes than are written between two calls of `room`, what these are called with not counted. */
export const slack = 96;

/** Bytes, and methods that append to them; `room` has to be called before. */
export class CodeWriter {
  #bytes = new Uint8Array(1 << 14);
  #at = 0;

  /** What was written; valid until more is. */
  code(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Makes room for so many bytes. */
  protected room(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#at + length));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }

  protected byte(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  protected u32(value: number): void {
    this.#at = writeU32(this.#bytes, this.#at, value);
  }

  protected copy(part: Uint8Array | undefined): void {
    if (!part) return;
    this.#bytes.set(part, this.#at);
    this.#at += part.length;
  }

  /** Begins a construct without a result. */
  protected open(opcode: number): void {
    this.#bytes[this.#at++] = opcode;
    this.#bytes[this.#at++] = noResult;
  }

  /** Pushes a constant of 32 bits. */
  protected i32(value: number): void {
    this.#bytes[this.#at++] = op.i32Const;
    this.#at = writeS32(this.#bytes, this.#at, value);
  }

  /** Pushes a constant of 64 bits. */
  protected i64(value: number | bigint): void {
    this.#bytes[this.#at++] = op.i64Const;
    this.#at = writeS64(this.#bytes, this.#at, value);
  }

  /** Writes an instruction with an index. */
  protected indexed(opcode: number, index: number): void {
    this.#bytes[this.#at++] = opcode;
    if (index < 0x80) this.#bytes[this.#at++] = index;
    else this.#at = writeU32(this.#bytes, this.#at, index);
  }
}
