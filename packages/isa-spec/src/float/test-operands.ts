/** Operands for tests of floating point: patterns biased to the corners, and exact rationals to judge results by. */
import fc from "fast-check";
import { type FloatFormat, specialExponent } from "./format.ts";
import { unpack } from "./unpack.ts";

/** Patterns of a format: half of them random, half made of an interesting exponent and fraction. */
export function patterns(format: FloatFormat): fc.Arbitrary<bigint> {
  const { width, fractionBits } = format;
  const special = specialExponent(format);
  const bias = (special - 1) / 2;
  const low = bias - fractionBits;
  const exponents = fc.oneof(
    fc.constantFrom(0, 1, 2, bias - 1, bias, bias + 1, special - 2, special - 1, special),
    fc.integer({ min: Math.max(0, low), max: bias + fractionBits + 1 }),
    fc.integer({ min: 0, max: special }),
  );
  const ones = (1n << BigInt(fractionBits)) - 1n;
  const fractions = fc.oneof(
    fc.constantFrom(0n, 1n, 2n, ones, ones - 1n, (ones >> 1n) + 1n, ones >> 1n),
    fc.nat({ max: fractionBits - 1 }).map((bit) => 1n << BigInt(bit)),
    fc.nat({ max: fractionBits - 1 }).map((bit) => ones ^ ((1n << BigInt(bit)) - 1n)),
    fc.bigInt({ min: 0n, max: ones }),
  );
  const structured = fc
    .tuple(fc.boolean(), exponents, fractions)
    .map(
      ([negative, exponent, fraction]) =>
        ((((negative ? 1n : 0n) << BigInt(width - 1 - fractionBits)) | BigInt(exponent)) <<
          BigInt(fractionBits)) |
        fraction,
    );
  return fc.oneof(fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }), structured);
}

/** The rounding modes. */
export const modes: fc.Arbitrary<number> = fc.integer({ min: 0, max: 4 });

/** An exact rational; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The exact value of a finite pattern, or `undefined` for infinities and NaNs. */
export function rationalOf(format: FloatFormat, bits: bigint): Rational | undefined {
  const x = unpack(format, bits);
  if (x.kind !== "finite") return undefined;
  const numerator = x.negative ? -x.significand : x.significand;
  return x.exponent >= 0
    ? { numerator: numerator << BigInt(x.exponent), denominator: 1n }
    : { numerator, denominator: 1n << BigInt(-x.exponent) };
}

/** Negative, zero or positive as p is below, equal to or above q. */
export function compareRationals(p: Rational, q: Rational): bigint {
  return p.numerator * q.denominator - q.numerator * p.denominator;
}

/** A double from its pattern. */
export function doubleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

/** A double's pattern, NaN as the canonical one. */
export function bitsOfDouble(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return Number.isNaN(value) ? 0x7ff8000000000000n : view.getBigUint64(0);
}

/** A single from its pattern. */
export function singleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number(bits));
  return view.getFloat32(0);
}

/** The pattern of a number as a single, NaN as the canonical one. */
export function bitsOfSingle(value: number): bigint {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return Number.isNaN(value) ? 0x7fc00000n : BigInt(view.getUint32(0));
}
