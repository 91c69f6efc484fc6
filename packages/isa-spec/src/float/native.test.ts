/** Round-to-nearest results in binary64 and binary32 against the host's own arithmetic. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  binary32,
  binary64,
  canonicalFloatPolicy,
  compareEqual,
  compareLess,
  compareLessEqual,
  convertFormat,
  divide,
  type FloatFormat,
  fromInteger,
  multiply,
  remainder,
  rounding,
  roundToIntegral,
  squareRoot,
  subtract,
  toInteger,
} from "./index.ts";
import { bitsOfDouble, bitsOfSingle, doubleOf, patterns, singleOf } from "./test-operands.ts";

const rne = rounding.nearestEven;
const rtz = rounding.towardZero;
const policy = canonicalFloatPolicy;

interface Host {
  readonly format: FloatFormat;
  readonly decode: (bits: bigint) => number;
  readonly encode: (value: number) => bigint;
}
const hosts: readonly Host[] = [
  { format: binary64, decode: doubleOf, encode: bitsOfDouble },
  { format: binary32, decode: singleOf, encode: bitsOfSingle },
];

describe.each(hosts)(
  "binary$format.width as the host computes it",
  ({ format, decode, encode }) => {
    const check = (
      compute: (a: bigint, b: bigint) => { value: bigint },
      native: (x: number, y: number) => number,
    ): void =>
      fc.assert(
        fc.property(patterns(format), patterns(format), (a, b) => {
          expect(compute(a, b).value).toBe(encode(native(decode(a), decode(b))));
        }),
        { numRuns: 2000 },
      );

    it("add", () =>
      check(
        (a, b) => add(format, a, b, rne, policy),
        (x, y) => x + y,
      ));
    it("subtract", () =>
      check(
        (a, b) => subtract(format, a, b, rne, policy),
        (x, y) => x - y,
      ));
    it("multiply", () =>
      check(
        (a, b) => multiply(format, a, b, rne, policy),
        (x, y) => x * y,
      ));
    it("divide", () =>
      check(
        (a, b) => divide(format, a, b, rne, policy),
        (x, y) => x / y,
      ));
    it("remainder", () =>
      check(
        (a, b) => remainder(format, a, b, rtz, policy),
        (x, y) => x % y,
      ));
    it("squareRoot", () => check((a) => squareRoot(format, a, rne, policy), Math.sqrt));
    it("roundToIntegral towards zero", () =>
      check((a) => roundToIntegral(format, a, rtz, policy), Math.trunc));
    it("roundToIntegral up", () =>
      check((a) => roundToIntegral(format, a, rounding.up, policy), Math.ceil));

    it("comparisons", () => {
      fc.assert(
        fc.property(patterns(format), patterns(format), (a, b) => {
          const [x, y] = [decode(a), decode(b)];
          expect(compareEqual(format, a, b).value).toBe(x === y ? 1n : 0n);
          expect(compareLess(format, a, b).value).toBe(x < y ? 1n : 0n);
          expect(compareLessEqual(format, a, b).value).toBe(x <= y ? 1n : 0n);
        }),
        { numRuns: 2000 },
      );
    });

    it("integers, both ways", () => {
      fc.assert(
        fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (n) => {
          const pattern = BigInt.asUintN(64, n);
          const int64 = { signed: true, width: 64 };
          const made = fromInteger(format, int64, pattern, rne, policy);
          // Number() rounds once to binary64; only there is the host an oracle for 64-bit integers.
          if (format === binary64) expect(made.value).toBe(encode(Number(n)));
          const small = BigInt.asIntN(32, n);
          const int32 = { signed: true, width: 32 };
          const single = fromInteger(format, int32, BigInt.asUintN(32, n), rne, policy);
          expect(single.value).toBe(encode(Number(small)));
        }),
      );
      fc.assert(
        fc.property(patterns(format), (a) => {
          const x = Math.trunc(decode(a));
          const int32 = { signed: true, width: 32 };
          const { value } = toInteger(format, int32, a, rtz, policy);
          const clipped = Number.isNaN(x)
            ? 2 ** 31 - 1
            : Math.max(-(2 ** 31), Math.min(x, 2 ** 31 - 1));
          expect(Number(BigInt.asIntN(32, value))).toBe(clipped + 0);
        }),
      );
    });
  },
);

describe("conversions between binary32 and binary64 as the host computes them", () => {
  it("narrow", () => {
    fc.assert(
      fc.property(patterns(binary64), (a) => {
        const { value } = convertFormat(binary64, binary32, a, rne, policy);
        expect(value).toBe(bitsOfSingle(doubleOf(a)));
      }),
      { numRuns: 2000 },
    );
  });
  it("widen", () => {
    fc.assert(
      fc.property(patterns(binary32), (a) => {
        const { value } = convertFormat(binary32, binary64, a, rne, policy);
        expect(value).toBe(bitsOfDouble(singleOf(a)));
      }),
      { numRuns: 2000 },
    );
  });
});
