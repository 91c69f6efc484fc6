/**
 * The definition of operators against another one: bit by bit, or with numbers, at widths that can be
 * tried out whole; and where a width of 64 differs.
 */
import { describe, expect, it } from "vitest";
import { bits, concat, free } from "../builder/bits.ts";
import {
  type Environment,
  evaluate,
  evaluateBinary,
  evaluateComparison,
  evaluateUnary,
} from "./evaluate.ts";
import {
  type BinaryOperator,
  binaryOperators,
  comparisonOperators,
  type Expression,
  type UnaryOperator,
  unaryOperators,
} from "./expression.ts";

const environment: Environment = {
  field: (name) => (name === "a" ? 5n : 0n),
  temporary: (id) => BigInt(100 + id),
  pc: 0x1_0000_1000n,
  nextPc: 0x1_0000_1004n,
  retired: 77n,
};
const value = (of: { expression: Expression }): bigint => evaluate(of.expression, environment);

/** The operators over small numbers, as SMT-LIB words them. */
function small(operator: BinaryOperator, width: number, a: number, b: number): number {
  const size = 2 ** width;
  const wrap = (n: number): number => ((n % size) + size) % size;
  const signed = (n: number): number => (n >= size / 2 ? n - size : n);
  const digits = (n: number): number[] => Array.from({ length: width }, (_, i) => (n >> i) & 1);
  const number = (list: readonly number[]): number =>
    list.reduce((sum, digit, i) => sum + digit * 2 ** i, 0);
  const bitwise = (of: (p: number, q: number) => number): number =>
    number(digits(a).map((digit, i) => of(digit, digits(b)[i] ?? 0)));
  const moved = (from: (i: number) => number): number =>
    number(Array.from({ length: width }, (_, i) => digits(a)[from(i)] ?? 0));
  const sign = digits(a)[width - 1] ?? 0;
  switch (operator) {
    case "add":
      return wrap(a + b);
    case "sub":
      return wrap(a - b);
    case "mul":
      return wrap(a * b);
    case "mulHighUnsigned":
      return Math.floor((a * b) / size);
    case "mulHighSigned":
      return wrap(Math.floor((signed(a) * signed(b)) / size));
    case "mulHighSignedUnsigned":
      return wrap(Math.floor((signed(a) * b) / size));
    case "divUnsigned":
      return b === 0 ? size - 1 : Math.floor(a / b);
    case "remUnsigned":
      return b === 0 ? a : a % b;
    case "divSigned": {
      const negative = signed(a) < 0 !== signed(b) < 0;
      if (b === 0) return signed(a) < 0 ? 1 : size - 1;
      const quotient = Math.floor(Math.abs(signed(a)) / Math.abs(signed(b)));
      return wrap(negative ? -quotient : quotient);
    }
    case "remSigned": {
      if (b === 0) return a;
      const rest = Math.abs(signed(a)) % Math.abs(signed(b));
      return wrap(signed(a) < 0 ? -rest : rest);
    }
    case "and":
      return bitwise((p, q) => Math.min(p, q));
    case "or":
      return bitwise((p, q) => Math.max(p, q));
    case "xor":
      return bitwise((p, q) => (p + q) % 2);
    case "shiftLeft":
      return moved((i) => i - b);
    case "shiftRightLogical":
      return moved((i) => i + b);
    case "shiftRightArithmetic":
      return number(Array.from({ length: width }, (_, i) => digits(a)[i + b] ?? sign));
    case "rotateLeft":
      return moved((i) => (((i - b) % width) + width) % width);
    case "rotateRight":
      return moved((i) => (i + b) % width);
  }
}

describe("binary operators", () => {
  it.each(binaryOperators)("%s, all operands of 1 to 5 bits", (operator) => {
    for (let width = 1; width <= 5; width += 1) {
      for (let a = 0; a < 2 ** width; a += 1) {
        for (let b = 0; b < 2 ** width; b += 1) {
          const found = evaluateBinary(operator, width, BigInt(a), BigInt(b));
          const expected = BigInt(small(operator, width, a, b));
          if (found !== expected) expect([width, a, b, found]).toEqual([width, a, b, expected]);
        }
      }
    }
  });

  it.each<[BinaryOperator, bigint, bigint, bigint]>([
    ["add", 2n ** 64n - 1n, 2n, 1n],
    ["mul", 2n ** 63n, 2n, 0n],
    ["mulHighUnsigned", 2n ** 64n - 1n, 2n ** 64n - 1n, 2n ** 64n - 2n],
    ["mulHighSigned", 2n ** 64n - 1n, 2n ** 64n - 1n, 0n],
    ["mulHighSignedUnsigned", 2n ** 64n - 1n, 2n ** 64n - 1n, 2n ** 64n - 1n],
    ["divSigned", 2n ** 63n, 2n ** 64n - 1n, 2n ** 63n],
    ["remSigned", 2n ** 63n, 2n ** 64n - 1n, 0n],
    ["divUnsigned", 5n, 0n, 2n ** 64n - 1n],
    ["shiftLeft", 1n, 64n, 0n],
    ["shiftLeft", 1n, 2n ** 64n - 1n, 0n],
    ["shiftRightArithmetic", 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n - 1n],
    ["rotateLeft", 2n ** 63n, 65n, 1n],
    ["rotateRight", 1n, 129n, 2n ** 63n],
  ])("%s of 64 bits: %i, %i", (operator, a, b, expected) => {
    expect(evaluateBinary(operator, 64, a, b)).toBe(expected);
  });
});

describe("comparisons and unary operators", () => {
  it.each(comparisonOperators)("%s, all operands of 1 to 5 bits", (operator) => {
    for (let width = 1; width <= 5; width += 1) {
      const size = 2 ** width;
      const signed = (n: number): number => (n >= size / 2 ? n - size : n);
      for (let a = 0; a < size; a += 1) {
        for (let b = 0; b < size; b += 1) {
          const expected = {
            equal: a === b,
            lessUnsigned: a < b,
            lessSigned: signed(a) < signed(b),
            lessEqualUnsigned: a <= b,
            lessEqualSigned: signed(a) <= signed(b),
          }[operator];
          expect(evaluateComparison(operator, width, BigInt(a), BigInt(b))).toBe(
            expected ? 1n : 0n,
          );
        }
      }
    }
  });

  it.each(unaryOperators)("%s, all operands of 1 to 10 bits", (operator: UnaryOperator) => {
    for (let width = 1; width <= 10; width += 1) {
      for (let a = 0; a < 2 ** width; a += 1) {
        const text = a.toString(2).padStart(width, "0");
        const expected = {
          not: Number.parseInt([...text].map((digit) => (digit === "0" ? "1" : "0")).join(""), 2),
          countLeadingZeros: /^0*/.exec(text)?.[0].length ?? 0,
          countTrailingZeros: /0*$/.exec(text)?.[0].length ?? 0,
          populationCount: [...text].filter((digit) => digit === "1").length,
        }[operator];
        expect(evaluateUnary(operator, width, BigInt(a))).toBe(BigInt(expected));
      }
    }
  });
});

describe("expressions", () => {
  it("change widths", () => {
    const word = bits(32, 0x8765_4321);
    expect(value(word.signExtend(64))).toBe(0xffff_ffff_8765_4321n);
    expect(value(word.zeroExtend(64))).toBe(0x8765_4321n);
    expect(value(word.extract(4, 8))).toBe(0x32n);
    expect(value(word.bit(31))).toBe(1n);
    expect(value(concat(48, word, bits(16, 0xabcd)))).toBe(0x8765_4321_abcdn);
    expect(value(bits(1, 1).signExtend(8))).toBe(0xffn);
  });

  it("choose", () => {
    expect(value(bits(1, 1).select(bits(8, 1), 2))).toBe(1n);
    expect(value(bits(1, 0).select(bits(8, 1), 2))).toBe(2n);
  });

  it("know what surrounds them, cut to their width", () => {
    const leaf = (expression: Expression): bigint => evaluate(expression, environment);
    expect(leaf({ kind: "pc", width: 32 })).toBe(0x1000n);
    expect(leaf({ kind: "pc", width: 64 })).toBe(0x1_0000_1000n);
    expect(leaf({ kind: "nextPc", width: 32 })).toBe(0x1004n);
    expect(leaf({ kind: "retired", width: 64 })).toBe(77n);
    expect(leaf({ kind: "field", width: 8, name: "a" })).toBe(5n);
    expect(leaf({ kind: "temporary", width: 8, id: 3 })).toBe(103n);
    expect(leaf({ kind: "variable", width: 8, id: 4 })).toBe(104n);
  });

  it("take the row's choice of what is open, or another one", () => {
    const open = free("unspecified", bits(8, 3));
    expect(value(open)).toBe(3n);
    const seen: unknown[] = [];
    const other: Environment = {
      ...environment,
      free(...asked) {
        seen.push(asked);
        return 0xffn;
      },
    };
    expect(evaluate(open.add(1).expression, other)).toBe(0n);
    expect(seen).toEqual([["unspecified", 3n, 8]]);
  });
});
