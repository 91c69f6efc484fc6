/** Arbitrary floating-point patterns, biased to where arithmetic goes wrong. */

import { float } from "@isovm/isa-spec";
import fc from "fast-check";

/**
 * Patterns of a format, unsigned: random ones, and ones made of an exponent near an end, near 1 or
 * near the largest integers, and a fraction with few bits set or cleared; some are at the limits
 * between the classes.
 */
export function floatPatterns(format: float.FloatFormat): fc.Arbitrary<bigint> {
  const { width, fractionBits, exponentBits } = format;
  const special = 2 ** exponentBits - 1;
  const bias = (special - 1) / 2;
  const exponents = fc.oneof(
    fc.constantFrom(0, 1, 2, bias - 1, bias, bias + 1, special - 2, special - 1, special),
    fc.integer({
      min: Math.max(0, bias - fractionBits),
      max: Math.min(special, bias + fractionBits + 12),
    }),
    fc.integer({ min: 0, max: special }),
  );
  const ones = (1n << BigInt(fractionBits)) - 1n;
  const bit = fc.nat({ max: fractionBits - 1 }).map((position) => 1n << BigInt(position));
  const fractions = fc.oneof(
    fc.constantFrom(0n, 1n, 2n, ones, ones - 1n, (ones >> 1n) + 1n, ones >> 1n),
    bit,
    bit.map((value) => ones ^ (value - 1n)),
    fc.bigInt({ min: 0n, max: ones }),
  );
  const structured = fc
    .tuple(fc.boolean(), exponents, fractions)
    .map(([negative, exponent, fraction]) => {
      const top = ((negative ? 1n : 0n) << BigInt(exponentBits)) | BigInt(exponent);
      return (top << BigInt(width - exponentBits - 1)) | fraction;
    });
  const any = fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n });
  const normal = 1n << BigInt(fractionBits);
  const infinity = BigInt(special) << BigInt(fractionBits);
  const limits = fc
    .tuple(
      fc.constantFrom(0n, normal, infinity, infinity + (normal >> 1n)),
      fc.bigInt({ min: -1n, max: 1n }),
      fc.constantFrom(0n, 1n << BigInt(width - 1)),
    )
    .map(([limit, offset, sign]) => BigInt.asUintN(width, (limit + offset) ^ sign));
  return fc.oneof(any, any, any, structured, structured, structured, limits);
}

/** An operation of isa-spec's table at given widths. */
export interface FloatOperation {
  readonly operator: float.FloatOperatorName;
  /** Width of the operands' format; for conversions from integers, of the result's. */
  readonly format: number;
  /** Width of a conversion's other side. */
  readonly otherWidth: number;
}

/** Three patterns, of which an operation uses as many as it takes. */
export type FloatOperands = readonly [bigint, bigint, bigint];

/** Integers around the powers of two, where conversions round and clip. */
const integers = fc
  .tuple(fc.nat({ max: 64 }), fc.bigInt({ min: -3n, max: 3n }), fc.boolean())
  .map(([power, offset, negative]) => {
    const value = (1n << BigInt(power)) + offset;
    return BigInt.asUintN(64, negative ? -value : value);
  });

/** Operands of an operation, often related so that the result cancels, ties, over- or underflows. */
export function floatOperands(operation: FloatOperation): fc.Arbitrary<FloatOperands> {
  const { operator, format: width, otherWidth } = operation;
  if (operator.startsWith("from")) {
    const any = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    return fc.oneof(any, integers).map((a) => [BigInt.asUintN(otherWidth, a), 0n, 0n]);
  }
  const format = float.formatOf(width);
  if (operator.startsWith("to")) {
    const integral = fc.tuple(integers, fc.boolean()).map(([a, signed]) => {
      const type = { signed, width: 64 };
      return float.fromInteger(format, type, a, 0, float.canonicalFloatPolicy).value;
    });
    return fc.oneof(floatPatterns(format), integral).map((a) => [a, 0n, 0n]);
  }
  const pattern = floatPatterns(format);
  const near = (bits: bigint, offset: bigint) => BigInt.asUintN(width, bits + offset);
  const context = { format, otherWidth: 0, mode: 0, policy: float.canonicalFloatPolicy };
  const result = (name: "multiply" | "divide", a: bigint, b: bigint) =>
    float.evaluateFloat(name, context, a, b).value;
  const sign = 1n << BigInt(width - 1);
  const offsets = fc.bigInt({ min: -2n, max: 2n });
  const free = fc.tuple(pattern, pattern, pattern);
  const alike = fc
    .tuple(pattern, fc.boolean(), pattern, offsets)
    .map(([a, negated, c, offset]) => [a, near(negated ? a ^ sign : a, offset), c] as const);
  // The second operand brings the result to the smallest normal number, or to the largest.
  const { fractionBits } = format;
  const ends = fc.constantFrom(1n << BigInt(fractionBits), float.largestFinite(format, false));
  const atEnds = fc.tuple(pattern, ends, pattern, offsets).map(([a, end, c, offset]) => {
    const b = operator === "divide" ? result("divide", a, end) : result("divide", end, a);
    return [a, near(b, offset), c] as const;
  });
  // The third operand is near the negated product, so that the sum cancels down to its tail.
  const cancelling = fc
    .tuple(pattern, pattern, offsets)
    .map(([a, b, offset]) => [a, b, near(result("multiply", a, b) ^ sign, offset)] as const);
  // The product is half a unit in the last place of the third operand, times 1 ± (a few bits)².
  const half = (c: bigint) => {
    const exponent = BigInt.asUintN(format.exponentBits, c >> BigInt(fractionBits));
    const below = exponent - BigInt(fractionBits + 1);
    return (below < 1n ? 1n : below) << BigInt(fractionBits);
  };
  const bias = (1n << BigInt(format.exponentBits - 1)) - 1n;
  const nearPower = fc
    .tuple(fc.bigInt({ min: -3n, max: 3n }), fc.bigInt({ min: -4n, max: 4n }))
    .map(([exponent, fraction]) => ((bias + exponent) << BigInt(fractionBits)) + fraction);
  const nearTie = fc
    .tuple(nearPower, pattern, fc.boolean())
    .map(
      ([a, c, negative]) => [a, result("divide", half(c), a) ^ (negative ? sign : 0n), c] as const,
    );
  // The result has few enough bits to be exact.
  const small = fc.integer({ min: -100, max: 100 }).map((n) => {
    const type = { signed: true, width: 8 };
    const bits = BigInt.asUintN(8, BigInt(n));
    return float.fromInteger(format, type, bits, 0, float.canonicalFloatPolicy).value;
  });
  const arbitraries = [free, free, alike, atEnds, fc.tuple(small, small, small)];
  if (operator !== "fusedMultiplyAdd") return fc.oneof(...arbitraries);
  return fc.oneof(...arbitraries, cancelling, cancelling, nearTie, nearTie, nearTie);
}
