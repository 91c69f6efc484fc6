/**
 * From bit patterns to numbers.
 */
import { biasOf, type FloatFormat, quietNan, specialExponent } from "./format.ts";

/** A pattern taken apart; a finite one is (-1)^negative × significand × 2^exponent exactly. */
export interface Unpacked {
  readonly kind: "finite" | "infinity" | "nan";
  readonly negative: boolean;
  /** The integer significand of a finite number, 0 for zero; not normalised. */
  readonly significand: bigint;
  /** The weight of the significand's last bit, as a power of two. */
  readonly exponent: number;
}

interface Fields {
  readonly negative: boolean;
  readonly biasedExponent: number;
  readonly fraction: bigint;
  readonly integerBit: boolean;
}

function fieldsOf(format: FloatFormat, bits: bigint): Fields {
  const { width, exponentBits, fractionBits } = format;
  const biasedExponent = Number(
    BigInt.asUintN(exponentBits, bits >> BigInt(width - 1 - exponentBits)),
  );
  return {
    negative: ((bits >> BigInt(width - 1)) & 1n) === 1n,
    biasedExponent,
    fraction: BigInt.asUintN(fractionBits, bits),
    integerBit:
      format.integerBit === "implicit"
        ? biasedExponent !== 0
        : ((bits >> BigInt(fractionBits)) & 1n) === 1n,
  };
}

/**
 * The number that a pattern stands for.
 *
 * An x87 pattern whose integer bit contradicts its exponent (unnormal, pseudo-infinity, pseudo-NaN) is an
 * invalid operand there, and unpacks as a NaN that is signalling.
 */
export function unpack(format: FloatFormat, bits: bigint): Unpacked {
  const { negative, biasedExponent, fraction, integerBit } = fieldsOf(format, bits);
  const special = biasedExponent === specialExponent(format);
  if (biasedExponent !== 0 && !integerBit) {
    return { kind: "nan", negative, significand: 0n, exponent: 0 };
  }
  if (special) {
    return { kind: fraction === 0n ? "infinity" : "nan", negative, significand: 0n, exponent: 0 };
  }
  return {
    kind: "finite",
    negative,
    significand: fraction | (integerBit ? 1n << BigInt(format.fractionBits) : 0n),
    exponent: Math.max(biasedExponent, 1) - biasOf(format) - format.fractionBits,
  };
}

/** Whether a pattern is a NaN, quiet or signalling. */
export function isNan(format: FloatFormat, bits: bigint): boolean {
  return unpack(format, bits).kind === "nan";
}

/** Whether a pattern is a signalling NaN: one whose fraction starts with 0. */
export function isSignallingNan(format: FloatFormat, bits: bigint): boolean {
  if (!isNan(format, bits)) return false;
  const { integerBit, fraction } = fieldsOf(format, bits);
  return !integerBit || fraction >> BigInt(format.fractionBits - 1) === 0n;
}

/** A NaN's pattern with the quiet bit set, its sign and payload kept. */
export function quieted(format: FloatFormat, bits: bigint): bigint {
  return bits | quietNan(format, false);
}

/** The position of the highest set bit plus one; 0 for 0. */
export function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const digits = value.toString(16);
  return digits.length * 4 - (Math.clz32(Number.parseInt(digits.charAt(0), 16)) - 28);
}
