/**
 * Expressions of the semantics IR: pure, total functions of bit vectors.
 *
 * The operators are those of SMT-LIB's theory of fixed-size bit vectors, edge cases included
 * (a shift by the width or more gives zero or the sign; `x udiv 0` is all ones, `x urem 0` is `x`).
 * An expression is a DAG: one object used twice is computed once.
 *
 * @see https://smt-lib.org/logics-all.shtml#QF_BV
 */

import type { FloatPolicy } from "../float/policy.ts";

/** Operators on two values of one width, giving that width. */
export const binaryOperators = [
  "add",
  "sub",
  "mul",
  "mulHighUnsigned",
  "mulHighSigned",
  "mulHighSignedUnsigned",
  "divUnsigned",
  "divSigned",
  "remUnsigned",
  "remSigned",
  "and",
  "or",
  "xor",
  "shiftLeft",
  "shiftRightLogical",
  "shiftRightArithmetic",
  "rotateLeft",
  "rotateRight",
] as const;
/** One of {@link binaryOperators}. */
export type BinaryOperator = (typeof binaryOperators)[number];

/** Operators on two values of one width, giving one bit. */
export const comparisonOperators = [
  "equal",
  "lessUnsigned",
  "lessSigned",
  "lessEqualUnsigned",
  "lessEqualSigned",
] as const;
/** One of {@link comparisonOperators}. */
export type ComparisonOperator = (typeof comparisonOperators)[number];

/** Operators on one value. All give its width. */
export const unaryOperators = [
  "not",
  "countLeadingZeros",
  "countTrailingZeros",
  "populationCount",
] as const;
/** One of {@link unaryOperators}. */
export type UnaryOperator = (typeof unaryOperators)[number];

/**
 * Floating-point operators, on operands and with results as bit patterns. Each also yields
 * exception flags; `integer` conversions carry their integer's width and signedness.
 */
export const floatOperators = [
  "add",
  "subtract",
  "multiply",
  "divide",
  "squareRoot",
  "fusedMultiplyAdd",
  "minimumNumber",
  "maximumNumber",
  "compareEqual",
  "compareLess",
  "compareLessEqual",
  "classify",
  "convertFormat",
  "toSigned",
  "toUnsigned",
  "fromSigned",
  "fromUnsigned",
] as const;
/** One of {@link floatOperators}. */
export type FloatOperator = (typeof floatOperators)[number];

/** A floating-point operation; its results are projected by {@link FloatResult}. */
export interface FloatOperation {
  readonly operator: FloatOperator;
  /** Width in bits of the operands' format (for `from…`: of the result's). */
  readonly format: number;
  /** Width of the result value in bits. */
  readonly resultWidth: number;
  readonly operands: readonly Expression[];
  /** Rounding mode, 3 bits: 0 nearest-even, 1 toward zero, 2 down, 3 up, 4 nearest-max-magnitude. */
  readonly roundingMode: Expression;
  /** Flags already raised, 5 bits; the flags that result are these and the newly raised ones. */
  readonly accrued: Expression;
  readonly policy: FloatPolicy;
}

/** The value or the flags (5 bits: invalid, divide by zero, overflow, underflow, inexact). */
export interface FloatResult {
  readonly kind: "float";
  readonly width: number;
  readonly result: "value" | "flags";
  readonly operation: FloatOperation;
}

/** Three different freedoms of a manual; a test knows which bits may differ, and why. */
export type Freedom =
  /** Anything, differing from one execution to the next (x86's undefined flags). */
  | "undefined"
  /** One of the values that the manual admits, chosen by the implementation. */
  | "unspecified"
  /** Fixed and documented by each implementation. */
  | "implementationDefined";

/** A pure function of registers already read, fields and constants. */
export type Expression =
  | { readonly kind: "constant"; readonly width: number; readonly value: bigint }
  /** A field of the instruction word: constant in a translation, loaded by a generic handler. */
  | { readonly kind: "field"; readonly width: number; readonly name: string }
  /** The result of an earlier statement. */
  | { readonly kind: "temporary"; readonly width: number; readonly id: number }
  /** The current value of a {@link Statement} variable. */
  | { readonly kind: "variable"; readonly width: number; readonly id: number }
  /** The address of this instruction. */
  | { readonly kind: "pc"; readonly width: number }
  /** The address of the instruction that follows in memory. */
  | { readonly kind: "nextPc"; readonly width: number }
  /** Instructions retired by this hart before this one, 64 bits. */
  | { readonly kind: "retired"; readonly width: 64 }
  | {
      readonly kind: "unary";
      readonly width: number;
      readonly operator: UnaryOperator;
      readonly operand: Expression;
    }
  | {
      readonly kind: "binary";
      readonly width: number;
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "compare";
      readonly width: 1;
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  /** Bits `low` to `low + width - 1` of the operand. */
  | {
      readonly kind: "extract";
      readonly width: number;
      readonly low: number;
      readonly operand: Expression;
    }
  | {
      readonly kind: "extend";
      readonly width: number;
      readonly signed: boolean;
      readonly operand: Expression;
    }
  /** `high` above `low`. */
  | {
      readonly kind: "concat";
      readonly width: number;
      readonly high: Expression;
      readonly low: Expression;
    }
  | {
      readonly kind: "select";
      readonly width: number;
      readonly condition: Expression;
      readonly then: Expression;
      readonly else: Expression;
    }
  | FloatResult
  /** A value that the manual leaves open; `choice` is the one that isovm makes. */
  | {
      readonly kind: "free";
      readonly width: number;
      readonly freedom: Freedom;
      readonly choice: Expression;
    };

/** The operands of an expression, left to right. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "constant":
    case "field":
    case "temporary":
    case "variable":
    case "pc":
    case "nextPc":
    case "retired":
      return [];
    case "unary":
    case "extract":
    case "extend":
      return [expression.operand];
    case "binary":
    case "compare":
      return [expression.left, expression.right];
    case "concat":
      return [expression.high, expression.low];
    case "select":
      return [expression.condition, expression.then, expression.else];
    case "float": {
      const { operands, roundingMode, accrued } = expression.operation;
      return [...operands, roundingMode, accrued];
    }
    case "free":
      return [expression.choice];
  }
}
