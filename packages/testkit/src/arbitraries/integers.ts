/** Integers biased to where arithmetic goes wrong. */
import fc from "fast-check";

/**
 * Unsigned values of `width` bits: small ones, ones around the powers of two and the signed and
 * unsigned limits of all narrower widths, walking ones and zeros, repeated bytes, and any.
 * They shrink towards zero.
 */
export function integers(width: number): fc.Arbitrary<bigint> {
  const wrap = (value: bigint): bigint => BigInt.asUintN(width, value);
  const any = fc.bigInt({ min: 0n, max: wrap(-1n) });
  if (width < 4) return any;
  const power = fc.nat({ max: width }).map((position) => 1n << BigInt(position));
  const offset = fc.bigInt({ min: -2n, max: 2n });
  const nearPowers = fc
    .tuple(power, offset, fc.boolean())
    .map(([value, near, negative]) => wrap((negative ? -value : value) + near));
  const small = fc.bigInt({ min: -16n, max: 16n }).map(wrap);
  const repeated = fc
    .tuple(fc.nat({ max: 255 }), fc.constantFrom(8, 16, 32))
    .map(([byte, period]) => {
      let value = 0n;
      for (let shift = 0; shift < width; shift += period) value |= BigInt(byte) << BigInt(shift);
      return wrap(value);
    });
  // The upper half of a register is what instructions on narrow values get wrong.
  const halves =
    width >= 16
      ? [
          fc
            .tuple(integers(width / 2), integers(width / 2))
            .map(([high, low]) => (high << BigInt(width / 2)) | low),
        ]
      : [];
  return fc.oneof(
    { withCrossShrink: true },
    small,
    nearPowers,
    { arbitrary: any, weight: 2 },
    repeated,
    ...halves,
  );
}
