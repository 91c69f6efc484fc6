/** Arbitrary floating-point patterns, biased to where arithmetic goes wrong. */

import type { float } from "@isovm/isa-spec";
import fc from "fast-check";

/**
 * Patterns of a format, unsigned: half of them random, half made of an exponent near an end, near
 * 1 or near the largest integers, and a fraction with few bits set or cleared.
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
  return fc.oneof(fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }), structured);
}
