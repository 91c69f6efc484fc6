/**
 * The operations by name, for what dispatches on data: the reference evaluator, constant folding, slow paths.
 */
import type { FloatOperator } from "../ir/expression.ts";
import { add, subtract } from "./add.ts";
import {
  classify,
  compareEqual,
  compareLess,
  compareLessEqual,
  compareLessEqualQuiet,
  compareLessQuiet,
  maximumNumber,
  minimumNumber,
} from "./compare.ts";
import {
  convertFormat,
  fromInteger,
  roundToIntegral,
  roundToIntegralExact,
  toInteger,
} from "./convert.ts";
import { divide, squareRoot } from "./divide.ts";
import { type FloatFormat, formatOf } from "./format.ts";
import { fusedMultiplyAdd, multiply } from "./multiply.ts";
import type { FloatPolicy } from "./policy.ts";
import type { FloatOutcome } from "./status.ts";

/** What {@link evaluateFloat} needs besides the operands. */
export interface FloatContext {
  /** The operands' format; for `from…`, the result's. */
  readonly format: FloatFormat;
  /** For conversions, the width of the other side: the result's format, or the integer. Else ignored. */
  readonly otherWidth: number;
  /** The rounding mode, ignored by operations that don't round. */
  readonly mode: number;
  readonly policy: FloatPolicy;
}

/** One operation of the table. */
export interface FloatOperatorRow {
  /** How many operands it takes. */
  readonly arity: 1 | 2 | 3;
  /** Whether the rounding mode has any influence. */
  readonly rounds: boolean;
  /** What kind of thing `otherWidth` is the width of. */
  readonly other: "none" | "resultFormat" | "integerOperand" | "integerResult";
  /** The definition; operands that the operation lacks are ignored. */
  readonly evaluate: (context: FloatContext, a: bigint, b: bigint, c: bigint) => FloatOutcome;
}

type Unary = (format: FloatFormat, a: bigint, mode: number, policy: FloatPolicy) => FloatOutcome;
type Binary = (
  format: FloatFormat,
  a: bigint,
  b: bigint,
  mode: number,
  policy: FloatPolicy,
) => FloatOutcome;
type Predicate = (format: FloatFormat, a: bigint, b: bigint) => FloatOutcome;
type Selection = (format: FloatFormat, a: bigint, b: bigint, policy: FloatPolicy) => FloatOutcome;

const unary = (f: Unary): FloatOperatorRow => ({
  arity: 1,
  rounds: true,
  other: "none",
  evaluate: ({ format, mode, policy }, a) => f(format, a, mode, policy),
});
const binary = (f: Binary): FloatOperatorRow => ({
  arity: 2,
  rounds: true,
  other: "none",
  evaluate: ({ format, mode, policy }, a, b) => f(format, a, b, mode, policy),
});
const predicate = (f: Predicate): FloatOperatorRow => ({
  arity: 2,
  rounds: false,
  other: "none",
  evaluate: ({ format }, a, b) => f(format, a, b),
});
const selection = (f: Selection): FloatOperatorRow => ({
  arity: 2,
  rounds: false,
  other: "none",
  evaluate: ({ format, policy }, a, b) => f(format, a, b, policy),
});
const integerResult = (signed: boolean): FloatOperatorRow => ({
  arity: 1,
  rounds: true,
  other: "integerResult",
  evaluate: ({ format, otherWidth, mode, policy }, a) =>
    toInteger(format, { signed, width: otherWidth }, a, mode, policy),
});
const integerOperand = (signed: boolean): FloatOperatorRow => ({
  arity: 1,
  rounds: true,
  other: "integerOperand",
  evaluate: ({ format, otherWidth, mode, policy }, a) =>
    fromInteger(format, { signed, width: otherWidth }, a, mode, policy),
});

/** The name of an operation: the IR's, and some that only other parts of IEEE 754 ask for. */
export type FloatOperatorName =
  | FloatOperator
  | "compareLessQuiet"
  | "compareLessEqualQuiet"
  | "roundToIntegral"
  | "roundToIntegralExact";

/** Every operation by name: its operands, whether it rounds, and its definition. */
export const floatOperatorRows: Readonly<Record<FloatOperatorName, FloatOperatorRow>> = {
  add: binary(add),
  subtract: binary(subtract),
  multiply: binary(multiply),
  divide: binary(divide),
  squareRoot: unary(squareRoot),
  fusedMultiplyAdd: {
    arity: 3,
    rounds: true,
    other: "none",
    evaluate: ({ format, mode, policy }, a, b, c) =>
      fusedMultiplyAdd(format, a, b, c, mode, policy),
  },
  minimumNumber: selection(minimumNumber),
  maximumNumber: selection(maximumNumber),
  compareEqual: predicate(compareEqual),
  compareLess: predicate(compareLess),
  compareLessEqual: predicate(compareLessEqual),
  compareLessQuiet: predicate(compareLessQuiet),
  compareLessEqualQuiet: predicate(compareLessEqualQuiet),
  classify: {
    arity: 1,
    rounds: false,
    other: "none",
    evaluate: ({ format }, a) => classify(format, a),
  },
  roundToIntegral: unary(roundToIntegral),
  roundToIntegralExact: unary(roundToIntegralExact),
  convertFormat: {
    arity: 1,
    rounds: true,
    other: "resultFormat",
    evaluate: ({ format, otherWidth, mode, policy }, a) =>
      convertFormat(format, formatOf(otherWidth), a, mode, policy),
  },
  toSigned: integerResult(true),
  toUnsigned: integerResult(false),
  fromSigned: integerOperand(true),
  fromUnsigned: integerOperand(false),
};

/**
 * The outcome of the operation called `operator`; operands are unsigned patterns, those it lacks are ignored.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { float } from "@isovm/isa-spec";
 *
 * const context = {
 *   format: float.binary32,
 *   otherWidth: 0,
 *   mode: float.rounding.nearestEven,
 *   policy: float.canonicalFloatPolicy,
 * };
 * const sum = float.evaluateFloat("add", context, 0x3f800000n, 0x40000000n);
 * assert.deepEqual(sum, { value: 0x40400000n, flags: 0 });
 * ```
 */
export function evaluateFloat(
  operator: FloatOperatorName,
  context: FloatContext,
  a: bigint,
  b = 0n,
  c = 0n,
): FloatOutcome {
  return floatOperatorRows[operator].evaluate(context, a, b, c);
}
