/** Every operator at every width gives what its definition gives. */
import {
  binaryOperators,
  comparisonOperators,
  type Environment,
  type Expression,
  evaluate,
  unaryOperators,
} from "@isovm/isa-spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { upperBound } from "./arithmetic.ts";
import { compileExpressions } from "./testing/test-engine.ts";

const field = (name: string, width: number): Expression => ({ kind: "field", width, name });
const constant = (width: number, value: bigint): Expression => ({
  kind: "constant",
  width,
  value: BigInt.asUintN(width, value),
});

/** High halves of more than 32 and less than 64 bits would need more than i64 has. */
const hasHighHalf = (width: number): boolean => width <= 32 || width === 64;

function expressionsOf(width: number): Expression[] {
  const [a, b] = [field("f0", width), field("f1", width)];
  const binary = binaryOperators
    .filter((operator) => !operator.startsWith("mulHigh") || hasHighHalf(width))
    .map((operator): Expression => ({ kind: "binary", width, operator, left: a, right: b }));
  const comparisons = comparisonOperators.map(
    (operator): Expression => ({ kind: "compare", width: 1, operator, left: a, right: b }),
  );
  const unary = unaryOperators.map(
    (operator): Expression => ({ kind: "unary", width, operator, operand: a }),
  );
  return [...binary, ...comparisons, ...unary];
}

/** Values at which operators change their mind. */
function corners(width: number): bigint[] {
  const all = (1n << BigInt(width)) - 1n;
  const sign = 1n << BigInt(width - 1);
  const values = [0n, 1n, 2n, BigInt(width) - 1n, BigInt(width), BigInt(width) + 1n, sign - 1n];
  values.push(sign, sign + 1n, all - 1n, all, 0x5555_5555_5555_5555n, 0x8000_0000n, 0xffn);
  return [...new Set(values.map((value) => value & all))];
}

const environment = (f0: bigint, f1: bigint): Environment => ({
  field: (name) => (name === "f0" ? f0 : f1),
  temporary: () => 0n,
  pc: 0n,
  nextPc: 0n,
  retired: 0n,
});

const widths = Array.from({ length: 64 }, (_, index) => index + 1);
const cases = widths.flatMap((width) =>
  expressionsOf(width).map((expression) => ({ width, expression })),
);
const variants = [{ inline: false }, { inline: true }].map((options) =>
  compileExpressions(
    cases.map(({ expression }) => expression),
    options,
  ),
);

function check(index: number, a: bigint, b: bigint): void {
  for (const compiled of variants) checkVariant(compiled, index, a, b);
}

function checkVariant(
  compiled: (typeof variants)[number],
  index: number,
  a: bigint,
  b: bigint,
): void {
  const { expression, width } = cases[index] ?? {};
  if (!expression || width === undefined) return;
  const expected = evaluate(expression, environment(a, b));
  const found = compiled[index]?.(a, b);
  if (found !== expected) {
    const operator = "operator" in expression ? expression.operator : "";
    expect([operator, width, a, b, found]).toEqual([operator, width, a, b, expected]);
  }
}

describe("operators", () => {
  it("are right where they change their mind, at every width", () => {
    cases.forEach(({ width }, index) => {
      const values = corners(width);
      for (const a of values) for (const b of values) check(index, a, b);
    });
  });

  it("are right on any operands", () => {
    const operands = fc.tuple(
      fc.nat(cases.length - 1),
      fc.bigInt(0n, 2n ** 64n - 1n),
      fc.bigInt(0n, 2n ** 64n - 1n),
    );
    fc.assert(
      fc.property(operands, ([index, a, b]) => {
        const width = cases[index]?.width ?? 1;
        check(index, BigInt.asUintN(width, a), BigInt.asUintN(width, b));
      }),
      { numRuns: 20_000 },
    );
  });

  it("are right with a constant operand, which spares guards", () => {
    for (const width of [1, 8, 31, 32, 33, 64]) {
      const partial = binaryOperators.filter(
        (operator) =>
          /^div|^rem/.test(operator) || (/^mulHigh/.test(operator) && hasHighHalf(width)),
      );
      const f = field("f0", width);
      const list = partial.flatMap((operator) =>
        corners(width).flatMap((value): Expression[] => {
          const known = constant(width, value);
          return [
            { kind: "binary", width, operator, left: f, right: known },
            { kind: "binary", width, operator, left: known, right: f },
          ];
        }),
      );
      const functions = compileExpressions(list, { inline: true });
      list.forEach((expression, index) => {
        for (const value of corners(width)) {
          const expected = evaluate(expression, environment(value, 0n));
          expect([expression, value, functions[index]?.(value, 0n)]).toEqual([
            expression,
            value,
            expected,
          ]);
        }
      });
    }
  });

  it("say what they can't do", () => {
    for (const width of [33, 63]) {
      const [left, right] = [field("f0", width), field("f1", width)];
      const product: Expression = { kind: "binary", width, operator: "mulHighSigned", left, right };
      expect(() => compileExpressions([product])).toThrow(/has no lowering to WebAssembly yet/);
    }
    const wide: Expression = {
      kind: "unary",
      width: 65,
      operator: "not",
      operand: field("f0", 65),
    };
    expect(() => compileExpressions([wide])).toThrow(/65 bits/);
  });
});

/** Widths on both sides of where representations change. */
const someWidths = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64];

/** Expressions of a width over two fields of 64 bits. */
function expressions(width: number, depth: number): fc.Arbitrary<Expression> {
  const leaf = fc.oneof(
    fc.bigInt(0n, 2n ** 64n - 1n).map((value) => constant(width, value)),
    fc.constantFrom(...corners(width)).map((value) => constant(width, value)),
    fc
      .constantFrom("f0", "f1")
      .chain((name) =>
        fc
          .nat(64 - width)
          .map(
            (low): Expression =>
              width === 64
                ? field(name, 64)
                : { kind: "extract", width, low, operand: field(name, 64) },
          ),
      ),
  );
  if (depth === 0) return leaf;
  const same = fc.constant(undefined).chain(() => expressions(width, depth - 1));
  const operators = binaryOperators.filter(
    (operator) => !operator.startsWith("mulHigh") || hasHighHalf(width),
  );
  const alternatives: fc.Arbitrary<Expression>[] = [
    leaf,
    fc
      .tuple(fc.constantFrom(...operators), same, same)
      .map(
        ([operator, left, right]): Expression => ({ kind: "binary", width, operator, left, right }),
      ),
    fc
      .tuple(fc.constantFrom(...unaryOperators), same)
      .map(([operator, operand]): Expression => ({ kind: "unary", width, operator, operand })),
    fc
      .tuple(
        fc.constant(undefined).chain(() => expressions(1, depth - 1)),
        same,
        same,
      )
      .map(
        ([condition, then, otherwise]): Expression => ({
          kind: "select",
          width,
          condition,
          then,
          else: otherwise,
        }),
      ),
    same.map((choice): Expression => ({ kind: "free", width, freedom: "undefined", choice })),
  ];
  const wider = someWidths.filter((other) => other > width);
  const narrower = someWidths.filter((other) => other < width);
  if (wider.length > 0) {
    alternatives.push(
      fc
        .constantFrom(...wider)
        .chain((from) =>
          fc
            .tuple(expressions(from, depth - 1), fc.nat(from - width))
            .map(([operand, low]): Expression => ({ kind: "extract", width, low, operand })),
        ),
    );
  }
  if (narrower.length > 0) {
    alternatives.push(
      fc
        .constantFrom(...narrower)
        .chain((from) =>
          fc
            .tuple(expressions(from, depth - 1), fc.boolean())
            .map(([operand, signed]): Expression => ({ kind: "extend", width, signed, operand })),
        ),
      fc
        .constantFrom(...narrower)
        .chain((from) =>
          fc
            .tuple(expressions(from, depth - 1), expressions(width - from, depth - 1))
            .map(([high, low]): Expression => ({ kind: "concat", width, high, low })),
        ),
    );
  }
  if (width === 1) {
    alternatives.push(
      fc.constantFrom(...someWidths).chain((from) =>
        fc
          .tuple(
            fc.constantFrom(...comparisonOperators),
            expressions(from, depth - 1),
            expressions(from, depth - 1),
          )
          .map(
            ([operator, left, right]): Expression => ({
              kind: "compare",
              width: 1,
              operator,
              left,
              right,
            }),
          ),
      ),
    );
  }
  return fc.oneof(...alternatives);
}

const nested = fc.constantFrom(...someWidths).chain((width) => expressions(width, 3));

describe("nested expressions", () => {
  it("are right, whatever shape their operands have", () => {
    const values = fc.bigInt(0n, 2n ** 64n - 1n);
    fc.assert(
      fc.property(
        fc.array(nested, { minLength: 20, maxLength: 20 }),
        values,
        values,
        (list, f0, f1) => {
          for (const inline of [false, true]) {
            const functions = compileExpressions(list, { inline });
            list.forEach((expression, index) => {
              expect(functions[index]?.(f0, f1)).toBe(evaluate(expression, environment(f0, f1)));
            });
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it("are never above their upper bound", () => {
    const values = fc.bigInt(0n, 2n ** 64n - 1n);
    fc.assert(
      fc.property(nested, values, values, (expression, f0, f1) => {
        expect(evaluate(expression, environment(f0, f1)) <= upperBound(expression)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("know bounds that spare checks of shift amounts", () => {
    const amount: Expression = { kind: "extract", width: 5, low: 0, operand: field("f0", 32) };
    expect(upperBound({ kind: "extend", width: 32, signed: false, operand: amount })).toBe(31n);
    expect(upperBound({ kind: "extend", width: 32, signed: true, operand: amount })).toBe(
      0xffff_ffffn,
    );
    const masked: Expression = {
      kind: "binary",
      width: 32,
      operator: "and",
      left: field("f0", 32),
      right: constant(32, 63n),
    };
    expect(upperBound(masked)).toBe(63n);
  });
});
