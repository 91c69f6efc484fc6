/** All modes, formats and flags against exact rational arithmetic. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  binary16,
  binary32,
  binary64,
  binary128,
  canonicalFloatPolicy,
  evaluateFloat,
  extended80,
  type FloatFormat,
  type FloatOperatorName,
  flag,
  infinity,
  isNan,
  largestFinite,
  rounding,
  unpack,
} from "./index.ts";
import { compareRationals, modes, patterns, type Rational, rationalOf } from "./test-operands.ts";

const policy = canonicalFloatPolicy;
const formats = [binary16, binary32, binary64, binary128, extended80];

function evaluate(
  operator: FloatOperatorName,
  format: FloatFormat,
  mode: number,
  operands: readonly bigint[],
): { value: bigint; flags: number } {
  const [a = 0n, b, c] = operands;
  return evaluateFloat(operator, { format, otherWidth: 0, mode, policy }, a, b, c);
}

interface Exact {
  readonly operator: FloatOperatorName;
  readonly arity: number;
  /** Compares the exact result with a rational: its sign; undefined where there is no exact result. */
  readonly compare: (operands: readonly Rational[], q: Rational) => bigint | undefined;
}

const rational = (
  operator: FloatOperatorName,
  arity: number,
  f: (x: Rational, y: Rational, z: Rational) => Rational | undefined,
): Exact => ({
  operator,
  arity,
  compare: ([x, y, z], q) => {
    const zero = { numerator: 0n, denominator: 1n };
    const exact = f(x ?? zero, y ?? zero, z ?? zero);
    return exact === undefined ? undefined : compareRationals(exact, q);
  },
});
const sum = (x: Rational, y: Rational): Rational => ({
  numerator: x.numerator * y.denominator + y.numerator * x.denominator,
  denominator: x.denominator * y.denominator,
});
const product = (x: Rational, y: Rational): Rational => ({
  numerator: x.numerator * y.numerator,
  denominator: x.denominator * y.denominator,
});
const operations: readonly Exact[] = [
  rational("add", 2, sum),
  rational("subtract", 2, (x, y) => sum(x, { ...y, numerator: -y.numerator })),
  rational("multiply", 2, product),
  rational("fusedMultiplyAdd", 3, (x, y, z) => sum(product(x, y), z)),
  rational("divide", 2, (x, y) => {
    if (y.numerator === 0n) return undefined;
    const sign = y.numerator < 0n ? -1n : 1n;
    return product(x, { numerator: sign * y.denominator, denominator: sign * y.numerator });
  }),
  {
    operator: "squareRoot",
    arity: 1,
    compare: ([x], q) => {
      if (x === undefined || x.numerator < 0n) return undefined;
      return q.numerator < 0n ? 1n : compareRationals(x, product(q, q));
    },
  },
];

/** The next pattern upwards or downwards on the number line. */
function neighbour(format: FloatFormat, bits: bigint, up: boolean): bigint {
  const { negative } = unpack(format, bits);
  const magnitude = BigInt.asUintN(format.width - 1, bits);
  const sign = 1n << BigInt(format.width - 1);
  if (magnitude === 0n) return up ? 1n : sign | 1n;
  return bits + (negative === up ? -1n : 1n);
}

describe.each(formats.filter((format) => format.integerBit === "implicit"))(
  "binary$width",
  (format) => {
    describe.each(operations)("$operator", ({ operator, arity, compare }) => {
      const operands = fc.array(patterns(format), { minLength: arity, maxLength: arity });
      const finite = (bits: readonly bigint[]): Rational[] | undefined => {
        const values = bits.map((pattern) => rationalOf(format, pattern));
        return values.every((value) => value !== undefined) ? values : undefined;
      };

      it("brackets the exact value between adjacent numbers, and picks the right one", () => {
        fc.assert(
          fc.property(operands, (bits) => {
            const values = finite(bits);
            if (values === undefined) return;
            const down = evaluate(operator, format, rounding.down, bits);
            const up = evaluate(operator, format, rounding.up, bits);
            const nearest = evaluate(operator, format, rounding.nearestEven, bits);
            const away = evaluate(operator, format, rounding.nearestMaxMagnitude, bits);
            const truncated = evaluate(operator, format, rounding.towardZero, bits);
            const low = rationalOf(format, down.value);
            const high = rationalOf(format, up.value);
            if (isNan(format, down.value) || down.flags & flag.divideByZero) return;
            const aboveLow = low && compare(values, low);
            const aboveHigh = high && compare(values, high);
            if (low && aboveLow === undefined) return;
            if (low) expect(aboveLow).toBeGreaterThanOrEqual(0n);
            else expect(down.value).toBe(infinity(format, true));
            if (high) expect(aboveHigh).toBeLessThanOrEqual(0n);
            else expect(up.value).toBe(infinity(format, false));
            if (low && high && compareRationals(low, high) === 0n) {
              expect(aboveLow).toBe(0n);
              for (const { flags } of [down, up, nearest, away, truncated]) expect(flags).toBe(0);
              return;
            }
            expect(neighbour(format, down.value, true)).toBe(up.value);
            for (const { flags } of [down, up, nearest, away, truncated]) {
              expect(flags & flag.inexact).toBe(flag.inexact);
            }
            const positive = low !== undefined && low.numerator >= 0n;
            expect(truncated.value).toBe(positive ? down.value : up.value);
            if (!low || !high) return;
            const middle = {
              numerator: low.numerator * high.denominator + high.numerator * low.denominator,
              denominator: 2n * low.denominator * high.denominator,
            };
            const side = compare(values, middle) ?? 0n;
            const even = down.value % 2n === 0n ? down : up;
            const tie = positive ? up : down;
            expect(nearest.value).toBe((side < 0n ? down : side > 0n ? up : even).value);
            expect(away.value).toBe((side < 0n ? down : side > 0n ? up : tie).value);
          }),
          { numRuns: format.width > 64 ? 200 : 600 },
        );
      });

      it("raises overflow and underflow as a format with more exponents shows", () => {
        const wide: FloatFormat = {
          ...format,
          width: format.width + 4,
          exponentBits: format.exponentBits + 4,
        };
        fc.assert(
          fc.property(operands, modes, (bits, mode) => {
            if (finite(bits) === undefined) return;
            const widened = bits.map((pattern) => widen(format, wide, pattern));
            const { value, flags } = evaluate(operator, format, mode, bits);
            const reference = evaluate(operator, wide, mode, widened);
            if (isNan(format, value) || flags & flag.divideByZero) return;
            const magnitude = BigInt.asUintN(wide.width - 1, reference.value);
            const lowest = BigInt.asUintN(
              wide.width - 1,
              widen(format, wide, 1n << BigInt(format.fractionBits)),
            );
            const largest = widen(format, wide, largestFinite(format, false));
            expect((flags & flag.overflow) !== 0).toBe(magnitude > largest);
            const tiny = magnitude < lowest && magnitude !== 0n;
            expect((flags & flag.underflow) !== 0).toBe(tiny && (flags & flag.inexact) !== 0);
          }),
          { numRuns: format.width > 64 ? 200 : 600 },
        );
      });
    });
  },
);

/** A finite pattern in a format that has all its values, without the module's own conversion. */
function widen(from: FloatFormat, to: FloatFormat, bits: bigint): bigint {
  const x = unpack(from, bits);
  const sign = x.negative ? 1n << BigInt(to.width - 1) : 0n;
  if (x.significand === 0n) return sign;
  let { significand, exponent } = x;
  while (significand >> BigInt(to.fractionBits) === 0n) {
    significand <<= 1n;
    exponent -= 1;
  }
  const bias = 2 ** (to.exponentBits - 1) - 1;
  const biased = BigInt(exponent + to.fractionBits + bias);
  return sign | (biased << BigInt(to.fractionBits)) | BigInt.asUintN(to.fractionBits, significand);
}
