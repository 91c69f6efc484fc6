/** What has no exact value: NaNs, infinities, signs of zero, ends of integer ranges, and the policies. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  binary16,
  binary32,
  binary64,
  binary128,
  canonicalFloatPolicy,
  classify,
  compareEqual,
  compareLess,
  compareLessEqual,
  compareLessQuiet,
  convertFormat,
  divide,
  extended80,
  type FloatFormat,
  type FloatPolicy,
  floatClass,
  floatOperatorRows,
  formatOf,
  fromInteger,
  fusedMultiplyAdd,
  infinity,
  maximumNumber,
  minimumNumber,
  multiply,
  quietNan,
  remainder,
  rounding,
  roundToIntegralExact,
  squareRoot,
  subtract,
  toInteger,
  zero,
} from "./index.ts";
import { bitsOfDouble, bitsOfSingle, patterns } from "./test-operands.ts";

const policy = canonicalFloatPolicy;
const sse: FloatPolicy = {
  nan: "first-operand",
  defaultNanNegative: true,
  tininess: "after",
  fusedInvalid: "propagate",
  invalidInteger: "indefinite",
};
const { nearestEven, towardZero, down, up, nearestMaxMagnitude } = rounding;
const f64 = bitsOfDouble;
const f32 = bitsOfSingle;
const quiet = 0x7fc00000n;
const signalling = 0x7f800001n;
const negativePayload = 0xffc12345n;
const [inf, minusInf] = [infinity(binary32, false), infinity(binary32, true)];
const [plusZero, minusZero] = [zero(binary32, false), zero(binary32, true)];
const one = f32(1);

describe("NaN", () => {
  it("is canonical on RISC-V, and invalid if it signals", () => {
    expect(add(binary32, negativePayload, one, nearestEven, policy)).toEqual({
      value: quiet,
      flags: 0,
    });
    expect(subtract(binary32, one, signalling, nearestEven, policy)).toEqual({
      value: quiet,
      flags: 16,
    });
    expect(squareRoot(binary32, f32(-1), nearestEven, policy)).toEqual({ value: quiet, flags: 16 });
  });

  it("is the first operand, made quiet, on x86", () => {
    expect(add(binary32, one, negativePayload, nearestEven, sse).value).toBe(negativePayload);
    expect(subtract(binary32, signalling, negativePayload, nearestEven, sse)).toEqual({
      value: 0x7fc00001n,
      flags: 16,
    });
    expect(subtract(binary32, one, negativePayload, nearestEven, sse).value).toBe(negativePayload);
    expect(add(binary32, inf, minusInf, nearestEven, sse).value).toBe(0xffc00000n);
    expect(convertFormat(binary32, binary64, 0xff812345n, nearestEven, sse)).toEqual({
      value: 0xfff82468a0000000n,
      flags: 16,
    });
    expect(convertFormat(binary64, binary32, 0xfff82468a0000001n, nearestEven, sse)).toEqual({
      value: 0xffc12345n,
      flags: 0,
    });
  });

  it("of infinity times zero plus a quiet NaN is invalid on RISC-V alone", () => {
    const operands = [inf, plusZero, negativePayload] as const;
    expect(fusedMultiplyAdd(binary32, ...operands, nearestEven, policy)).toEqual({
      value: quiet,
      flags: 16,
    });
    expect(fusedMultiplyAdd(binary32, ...operands, nearestEven, sse)).toEqual({
      value: negativePayload,
      flags: 0,
    });
  });
});

describe("infinity", () => {
  it("minus infinity is invalid, however it comes about", () => {
    const invalid = { value: quiet, flags: 16 };
    expect(subtract(binary32, inf, inf, nearestEven, policy)).toEqual(invalid);
    expect(multiply(binary32, minusZero, inf, nearestEven, policy)).toEqual(invalid);
    expect(divide(binary32, inf, minusInf, nearestEven, policy)).toEqual(invalid);
    expect(divide(binary32, plusZero, minusZero, nearestEven, policy)).toEqual(invalid);
    expect(fusedMultiplyAdd(binary32, inf, one, minusInf, nearestEven, policy)).toEqual(invalid);
    expect(remainder(binary32, inf, one, nearestEven, policy)).toEqual(invalid);
    expect(remainder(binary32, one, minusZero, nearestEven, policy)).toEqual(invalid);
  });

  it("is exact as an operand", () => {
    expect(add(binary32, minusInf, one, down, policy)).toEqual({ value: minusInf, flags: 0 });
    expect(add(binary32, one, inf, down, policy)).toEqual({ value: inf, flags: 0 });
    expect(multiply(binary32, minusInf, f32(-2), up, policy)).toEqual({ value: inf, flags: 0 });
    expect(divide(binary32, f32(-2), inf, up, policy)).toEqual({ value: minusZero, flags: 0 });
    expect(fusedMultiplyAdd(binary32, one, one, minusInf, up, policy)).toEqual({
      value: minusInf,
      flags: 0,
    });
    expect(divide(binary32, f32(-2), plusZero, up, policy)).toEqual({ value: minusInf, flags: 8 });
    expect(remainder(binary32, f32(3), inf, up, policy)).toEqual({ value: f32(3), flags: 0 });
  });
});

describe("zero", () => {
  it("has the sign that the operands or the mode give it", () => {
    expect(subtract(binary32, one, one, nearestEven, policy).value).toBe(plusZero);
    expect(subtract(binary32, one, one, down, policy).value).toBe(minusZero);
    expect(add(binary32, minusZero, minusZero, up, policy).value).toBe(minusZero);
    expect(add(binary32, plusZero, minusZero, down, policy).value).toBe(minusZero);
    expect(squareRoot(binary32, minusZero, up, policy)).toEqual({ value: minusZero, flags: 0 });
    expect(roundToIntegralExact(binary32, f32(-0.25), nearestEven, policy)).toEqual({
      value: minusZero,
      flags: 1,
    });
  });
});

describe("remainder", () => {
  it("rounds the quotient to nearest even", () => {
    for (const [a, b, r] of [
      [5, 2, 1],
      [7, 2, -1],
      [6, 4, -2],
      [10, 4, 2],
      [-7, 2, 1],
      [5, 3, -1],
      [4, 3, 1],
      [8, 3, -1],
      [9, 4, 1],
      [-6, 3, -0],
    ] as const) {
      expect(remainder(binary64, f64(a), f64(b), nearestEven, policy)).toEqual({
        value: f64(r),
        flags: 0,
      });
    }
  });
});

describe("comparisons, minimum and maximum", () => {
  it("raise invalid for NaNs as each is quiet or signalling", () => {
    const no = { value: 0n, flags: 0 };
    const invalid = { value: 0n, flags: 16 };
    expect(compareEqual(binary32, quiet, one)).toEqual(no);
    expect(compareEqual(binary32, one, signalling)).toEqual(invalid);
    expect(compareLess(binary32, quiet, one)).toEqual(invalid);
    expect(compareLessEqual(binary32, one, quiet)).toEqual(invalid);
    expect(compareLessQuiet(binary32, one, quiet)).toEqual(no);
    expect(compareLessQuiet(binary32, one, signalling)).toEqual(invalid);
  });

  it("prefer numbers, and -0 to +0 downwards", () => {
    expect(minimumNumber(binary32, plusZero, minusZero, policy).value).toBe(minusZero);
    expect(minimumNumber(binary32, minusZero, plusZero, policy).value).toBe(minusZero);
    expect(maximumNumber(binary32, plusZero, minusZero, policy).value).toBe(plusZero);
    expect(maximumNumber(binary32, minusZero, plusZero, policy).value).toBe(plusZero);
    expect(minimumNumber(binary32, quiet, one, policy)).toEqual({ value: one, flags: 0 });
    expect(maximumNumber(binary32, one, signalling, policy)).toEqual({ value: one, flags: 16 });
    expect(maximumNumber(binary32, negativePayload, signalling, policy)).toEqual({
      value: quiet,
      flags: 16,
    });
  });

  it("minimum is a lower bound, maximum an upper one", () => {
    fc.assert(
      fc.property(patterns(binary64), patterns(binary64), (a, b) => {
        const low = minimumNumber(binary64, a, b, policy).value;
        const high = maximumNumber(binary64, a, b, policy).value;
        if (classify(binary64, a).value > 255n || classify(binary64, b).value > 255n) return;
        expect(compareLessEqual(binary64, low, high).value).toBe(1n);
        expect([low, high].sort()).toEqual([a, b].sort());
      }),
    );
  });
});

describe("classify", () => {
  it.each([
    [minusInf, floatClass.negativeInfinity],
    [f32(-1), floatClass.negativeNormal],
    [0x80000001n, floatClass.negativeSubnormal],
    [minusZero, floatClass.negativeZero],
    [plusZero, floatClass.positiveZero],
    [0x007fffffn, floatClass.positiveSubnormal],
    [0x00800000n, floatClass.positiveNormal],
    [inf, floatClass.positiveInfinity],
    [signalling, floatClass.signallingNan],
    [negativePayload, floatClass.quietNan],
  ])("%s is of class %s", (bits, mask) => {
    expect(classify(binary32, bits)).toEqual({ value: BigInt(mask), flags: 0 });
  });
});

describe("integers", () => {
  const int32 = { signed: true, width: 32 };
  const uint32 = { signed: false, width: 32 };

  it("clip with invalid, and not inexact, beyond the ends", () => {
    const toInt = (x: number, mode: number, type = int32) =>
      toInteger(binary64, type, f64(x), mode, policy);
    expect(toInt(2147483647.5, towardZero)).toEqual({ value: 0x7fffffffn, flags: 1 });
    expect(toInt(2147483647.5, nearestEven)).toEqual({ value: 0x7fffffffn, flags: 16 });
    expect(toInt(-2147483648.5, nearestEven)).toEqual({ value: 0x80000000n, flags: 1 });
    expect(toInt(-2147483648.5, nearestMaxMagnitude)).toEqual({ value: 0x80000000n, flags: 16 });
    expect(toInt(-0.75, towardZero, uint32)).toEqual({ value: 0n, flags: 1 });
    expect(toInt(-0.75, down, uint32)).toEqual({ value: 0n, flags: 16 });
    expect(toInt(4294967295.5, up, uint32)).toEqual({ value: 0xffffffffn, flags: 16 });
    expect(toInt(-0, down, uint32)).toEqual({ value: 0n, flags: 0 });
    expect(toInt(Number.NaN, nearestEven)).toEqual({ value: 0x7fffffffn, flags: 16 });
    expect(toInt(Number.NEGATIVE_INFINITY, nearestEven)).toEqual({ value: 0x80000000n, flags: 16 });
    expect(toInt(2.5, nearestEven).value).toBe(2n);
    expect(toInt(2.5, nearestMaxMagnitude).value).toBe(3n);
  });

  it("of NaN and beyond the ends follow the policy", () => {
    const nan = f64(Number.NaN);
    const arm: FloatPolicy = { ...policy, invalidInteger: "saturate-nan-zero" };
    expect(toInteger(binary64, int32, nan, towardZero, arm)).toEqual({ value: 0n, flags: 16 });
    expect(toInteger(binary64, int32, f64(1e10), towardZero, arm).value).toBe(0x7fffffffn);
    expect(toInteger(binary64, int32, f64(1e10), towardZero, sse).value).toBe(0x80000000n);
    expect(toInteger(binary64, uint32, f64(-5), towardZero, sse).value).toBe(0xffffffffn);
  });

  it("become numbers, rounded", () => {
    const ones = 2n ** 64n - 1n;
    expect(fromInteger(binary32, { signed: false, width: 64 }, ones, towardZero, policy)).toEqual({
      value: 0x5f7fffffn,
      flags: 1,
    });
    expect(fromInteger(binary32, { signed: true, width: 64 }, ones, nearestEven, policy)).toEqual({
      value: f32(-1),
      flags: 0,
    });
    expect(fromInteger(binary16, { signed: true, width: 32 }, 65520n, nearestEven, policy)).toEqual(
      {
        value: infinity(binary16, false),
        flags: 5,
      },
    );
  });
});

describe("tininess", () => {
  it("before rounding sees what rounds up to the smallest normal number, after rounding doesn't", () => {
    const smallest = 0x00800000n;
    const belowOne = 0x3f7fffffn;
    const half = f32(0.5);
    const before: FloatPolicy = { ...policy, tininess: "before" };
    // The smallest normal number × (1 - 2^-24): still below it with unbounded exponents.
    expect(multiply(binary32, smallest, belowOne, up, policy)).toEqual({
      value: smallest,
      flags: 3,
    });
    const justBelow = fusedMultiplyAdd(binary32, smallest, one, 0x80000001n, up, policy);
    expect(justBelow).toEqual({ value: 0x007fffffn, flags: 0 });
    const twice = multiply(binary32, 0x00ffffffn, half, nearestEven, policy);
    expect(twice).toEqual({ value: smallest, flags: 3 });
    const closer = [0x00fffffen, 0x3f000001n] as const;
    expect(multiply(binary32, ...closer, up, policy)).toEqual({ value: smallest, flags: 1 });
    expect(multiply(binary32, ...closer, up, before)).toEqual({ value: smallest, flags: 3 });
  });
});

describe("formats", () => {
  it("are found by width", () => {
    for (const format of [binary16, binary32, binary64, binary128, extended80]) {
      expect(formatOf(format.width)).toBe(format);
    }
    expect(() => formatOf(33)).toThrow(RangeError);
  });

  it("widening and narrowing again changes nothing", () => {
    const pairs: [FloatFormat, FloatFormat][] = [
      [binary16, binary32],
      [binary32, binary64],
      [binary64, extended80],
      [extended80, binary128],
    ];
    for (const [narrow, wide] of pairs) {
      fc.assert(
        fc.property(patterns(narrow), (bits) => {
          const there = convertFormat(narrow, wide, bits, nearestEven, sse);
          if (there.flags !== 0) return;
          const back = convertFormat(wide, narrow, there.value, nearestEven, sse);
          expect(convertFormat(narrow, wide, back.value, nearestEven, sse)).toEqual(there);
          // x87 writes some subnormals in two ways.
          if (narrow.integerBit === "implicit") expect(back).toEqual({ value: bits, flags: 0 });
        }),
      );
    }
  });

  it("x87 rejects patterns whose integer bit contradicts the exponent", () => {
    const unnormal = 0x3fff_4000_0000_0000_0000n;
    expect(add(extended80, unnormal, 0n, nearestEven, sse).flags).toBe(16);
    const one80 = 0x3fff_8000_0000_0000_0000n;
    expect(add(extended80, one80, one80, nearestEven, sse)).toEqual({
      value: 0x4000_8000_0000_0000_0000n,
      flags: 0,
    });
    expect(quietNan(extended80, true)).toBe(0xffff_c000_0000_0000_0000n);
  });
});

describe("the table of operators", () => {
  it("never throws, whatever the mode, and reserved modes round to nearest even", () => {
    const names = Object.keys(floatOperatorRows) as (keyof typeof floatOperatorRows)[];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(patterns(binary64), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 5, max: 7 }),
        (name, [a = 0n, b = 0n, c = 0n], mode) => {
          const { evaluate } = floatOperatorRows[name];
          const context = { format: binary64, otherWidth: 32, policy };
          const operand = name.startsWith("from") ? a & 0xffffffffn : a;
          expect(evaluate({ ...context, mode }, operand, b, c)).toEqual(
            evaluate({ ...context, mode: nearestEven }, operand, b, c),
          );
        },
      ),
    );
  });
});
