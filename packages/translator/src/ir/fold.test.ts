/** Folded expressions have the value of plain ones. */
import {
  type BinaryOperator,
  binaryOperators,
  comparisonOperators,
  type Environment,
  type Expression,
  evaluate,
  operandsOf,
  unaryOperators,
} from "@isovm/isa-spec";
import { integers } from "@isovm/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constant } from "./constants.ts";
import { foldExpression } from "./fold.ts";

const widths = [1, 5, 8, 32, 64, 72] as const;
const environment = (values: readonly bigint[], width: number): Environment => ({
  field: () => 0n,
  temporary: (id) => BigInt.asUintN(width, values[id] ?? 0n),
  pc: 0n,
  nextPc: 0n,
  retired: 0n,
});

/** Expressions of a width over three temporaries of it and constants that often fold. */
function expressions(width: number, depth: number): fc.Arbitrary<Expression> {
  const ones = (1n << BigInt(width)) - 1n;
  const leaves = fc.oneof(
    fc.nat({ max: 2 }).map((id): Expression => ({ kind: "temporary", width, id })),
    fc
      .oneof(fc.constantFrom(0n, 1n, ones, BigInt(width)), integers(width))
      .map((value): Expression => constant(width, BigInt.asUintN(width, value))),
  );
  if (depth === 0) return leaves;
  const inner = expressions(width, depth - 1);
  const condition = fc.tuple(fc.constantFrom(...comparisonOperators), inner, inner).map(
    ([operator, left, right]): Expression => ({
      kind: "compare",
      width: 1,
      operator,
      left,
      right,
    }),
  );
  const flag = fc.oneof(
    condition,
    condition.map((operand): Expression => ({ kind: "unary", width: 1, operator: "not", operand })),
  );
  const binary = fc.tuple(fc.constantFrom<BinaryOperator>(...binaryOperators), inner, inner);
  const parts = fc.tuple(
    inner,
    fc.nat({ max: width - 1 }),
    fc.nat({ max: width - 1 }),
    fc.boolean(),
  );
  return fc.oneof(
    leaves,
    inner.chain((shared) =>
      binary.map(
        ([operator, left]): Expression => ({
          kind: "binary",
          width,
          operator,
          left,
          right: shared,
        }),
      ),
    ),
    binary.map(
      ([operator, left, right]): Expression => ({ kind: "binary", width, operator, left, right }),
    ),
    inner.map(
      (same): Expression => ({ kind: "binary", width, operator: "sub", left: same, right: same }),
    ),
    fc
      .tuple(fc.constantFrom(...unaryOperators), inner)
      .map(([operator, operand]): Expression => ({ kind: "unary", width, operator, operand })),
    fc.tuple(flag, inner, inner).map(
      ([chosen, then, other]): Expression => ({
        kind: "select",
        width,
        condition: chosen,
        then,
        else: other,
      }),
    ),
    fc
      .tuple(flag, fc.boolean())
      .map(([operand, signed]): Expression => ({ kind: "extend", width, signed, operand })),
    // Bits of an extension, extended again.
    parts.map(([operand, a, b, signed]): Expression => {
      const wide: Expression = { kind: "extend", width: width + 7, signed: !signed, operand };
      const part: Expression = {
        kind: "extract",
        width: Math.min(width, width + 7 - a),
        low: a,
        operand: wide,
      };
      const less: Expression = {
        kind: "extract",
        width: part.width - Math.min(b, part.width - 1),
        low: 0,
        operand: part,
      };
      return { kind: "extend", width, signed, operand: less };
    }),
    // Bits of a concatenation.
    fc.tuple(inner, inner, fc.nat({ max: width })).map(
      ([high, low, from]): Expression => ({
        kind: "extract",
        width,
        low: from,
        operand: { kind: "concat", width: 2 * width, high, low },
      }),
    ),
  );
}

/** Builds the expression anew by folding, from its leaves up. */
function folded(expression: Expression): Expression {
  if (expression.kind === "float") return expression;
  return foldExpression(expression, ...operandsOf(expression).map(folded));
}

function size(expression: Expression): number {
  return operandsOf(expression).reduce((sum, operand) => sum + size(operand), 1);
}

describe.each(widths)("%i bits", (width) => {
  it("keep their value and don't grow", () => {
    fc.assert(
      fc.property(
        expressions(width, 3),
        fc.array(integers(width), { minLength: 3, maxLength: 3 }),
        (expression, values) => {
          const result = folded(expression);
          const at = environment(values, width);
          expect(result.width).toBe(expression.width);
          expect(evaluate(result, at)).toBe(evaluate(expression, at));
          expect(size(result)).toBeLessThanOrEqual(size(expression));
        },
      ),
      { numRuns: 400 },
    );
  });

  it("are constants if all leaves are", () => {
    fc.assert(
      fc.property(expressions(width, 3), (expression) => {
        const closed = (part: Expression): Expression =>
          part.kind === "temporary"
            ? constant(width, BigInt(part.id) & ((1n << BigInt(width)) - 1n))
            : part.kind === "float"
              ? part
              : foldExpression(part, ...operandsOf(part).map(closed));
        expect(closed(expression).kind).toBe("constant");
      }),
    );
  });
});
