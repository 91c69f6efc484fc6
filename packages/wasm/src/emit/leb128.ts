/**
 * LEB128, the variable-length integers of the binary format, written into a byte array that the
 * caller made large enough. No allocations: translators encode one or two for every instruction.
 *
 * @see WebAssembly Core Specification 2.0, 5.2.2 (integers)
 * @module
 */
import { EmitError } from "./errors.ts";

/** The most bytes that one call writes. */
export const longestLeb128 = 10;

const scratch = new DataView(new ArrayBuffer(8));

/** Writes `value` modulo 2^32 as an unsigned integer and returns the position after it. */
export function writeU32(bytes: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = value >>> 0;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** Writes `value` modulo 2^32 as a signed integer and returns the position after it. */
export function writeS32(bytes: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = value | 0;
  while (rest < -0x40 || rest >= 0x40) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>= 7;
  }
  bytes[at++] = rest & 0x7f;
  return at;
}

/**
 * Writes a 64-bit integer, given as signed or as unsigned, as a signed one and returns the position
 * after it. Numbers avoid the cost of BigInt. Throws {@link EmitError} for a number that is no safe
 * integer, or a bigint that does not fit 64 bits.
 */
export function writeS64(bytes: Uint8Array, position: number, value: bigint | number): number {
  if (typeof value === "number") {
    if ((value | 0) === value) return writeS32(bytes, position, value);
    if (!Number.isSafeInteger(value)) {
      throw new EmitError(`${value} is no safe integer; give 64-bit constants as bigint`);
    }
    return writeWords(bytes, position, value | 0, Math.floor(value / 0x1_0000_0000));
  }
  if (value < -0x8000_0000_0000_0000n || value > 0xffff_ffff_ffff_ffffn) {
    throw new EmitError(`${value} does not fit 64 bits`);
  }
  scratch.setBigInt64(0, value, true);
  return writeWords(bytes, position, scratch.getInt32(0, true), scratch.getInt32(4, true));
}

function writeWords(bytes: Uint8Array, position: number, low: number, high: number): number {
  let at = position;
  let lowRest = low;
  let highRest = high;
  // Done when the rest is nothing but copies of the sign bit that the last byte carries.
  while (lowRest >> 31 !== highRest || lowRest < -0x40 || lowRest >= 0x40) {
    bytes[at++] = (lowRest & 0x7f) | 0x80;
    lowRest = (lowRest >>> 7) | (highRest << 25);
    highRest >>= 7;
  }
  bytes[at++] = lowRest & 0x7f;
  return at;
}
