/**
 * The meaning of expressions: evaluation over unbounded integers, the definition that every
 * engine is measured against. Values are unsigned: between 0 and 2^width - 1.
 */

import { formatOf } from "../float/format.ts";
import { evaluateFloat } from "../float/operators.ts";
import type { FloatOutcome } from "../float/status.ts";
import type {
  BinaryOperator,
  ComparisonOperator,
  Expression,
  FloatOperation,
  Freedom,
  UnaryOperator,
} from "./expression.ts";

/** The values that an expression refers to. */
export interface Environment {
  /** The value of a field of the instruction word. */
  field(name: string): bigint;
  /** The value of a temporary or variable. */
  temporary(id: number): bigint;
  readonly pc: bigint;
  readonly nextPc: bigint;
  readonly retired: bigint;
  /**
   * What to take for a value that the manual leaves open instead of the row's own choice: a test
   * that executes twice, with different values, learns which bits of the outcome depend on them.
   */
  free?(freedom: Freedom, choice: bigint, width: number): bigint;
}

/** The value of an expression. */
export function evaluate(expression: Expression, environment: Environment): bigint {
  const { width } = expression;
  switch (expression.kind) {
    case "constant":
      return expression.value;
    case "field":
      return environment.field(expression.name);
    case "temporary":
    case "variable":
      return environment.temporary(expression.id);
    case "pc":
      return BigInt.asUintN(width, environment.pc);
    case "nextPc":
      return BigInt.asUintN(width, environment.nextPc);
    case "retired":
      return environment.retired;
    case "unary":
      return evaluateUnary(expression.operator, width, evaluate(expression.operand, environment));
    case "binary":
      return evaluateBinary(
        expression.operator,
        width,
        evaluate(expression.left, environment),
        evaluate(expression.right, environment),
      );
    case "compare":
      return evaluateComparison(
        expression.operator,
        expression.left.width,
        evaluate(expression.left, environment),
        evaluate(expression.right, environment),
      );
    case "extract":
      return BigInt.asUintN(
        width,
        evaluate(expression.operand, environment) >> BigInt(expression.low),
      );
    case "extend": {
      const value = evaluate(expression.operand, environment);
      if (!expression.signed) return value;
      return BigInt.asUintN(width, BigInt.asIntN(expression.operand.width, value));
    }
    case "concat": {
      const high = evaluate(expression.high, environment);
      return (high << BigInt(expression.low.width)) | evaluate(expression.low, environment);
    }
    case "select":
      return evaluate(expression.condition, environment) === 1n
        ? evaluate(expression.then, environment)
        : evaluate(expression.else, environment);
    case "float": {
      const outcome = evaluateFloatOperation(expression.operation, environment);
      if (expression.result === "value") return outcome.value;
      return evaluate(expression.operation.accrued, environment) | BigInt(outcome.flags);
    }
    case "free": {
      const choice = evaluate(expression.choice, environment);
      return environment.free?.(expression.freedom, choice, width) ?? choice;
    }
  }
}

function evaluateFloatOperation(operation: FloatOperation, environment: Environment): FloatOutcome {
  const [a = 0n, b = 0n, c = 0n] = operation.operands.map((operand) =>
    evaluate(operand, environment),
  );
  const context = {
    format: formatOf(operation.format),
    otherWidth: otherWidthOf(operation),
    mode: Number(evaluate(operation.roundingMode, environment)),
    policy: operation.policy,
  };
  return evaluateFloat(operation.operator, context, a, b, c);
}

/** The width of a conversion's other side: the integer's, or the result format's. */
export function otherWidthOf(operation: FloatOperation): number {
  const fromInteger = operation.operator === "fromSigned" || operation.operator === "fromUnsigned";
  return fromInteger ? (operation.operands[0]?.width ?? 0) : operation.resultWidth;
}

/** A binary operator on unsigned `a` and `b` of `width` bits. */
export function evaluateBinary(
  operator: BinaryOperator,
  width: number,
  a: bigint,
  b: bigint,
): bigint {
  const bits = BigInt(width);
  const wrap = (value: bigint): bigint => BigInt.asUintN(width, value);
  const signed = (value: bigint): bigint => BigInt.asIntN(width, value);
  switch (operator) {
    case "add":
      return wrap(a + b);
    case "sub":
      return wrap(a - b);
    case "mul":
      return wrap(a * b);
    case "mulHighUnsigned":
      return (a * b) >> bits;
    case "mulHighSigned":
      return wrap((signed(a) * signed(b)) >> bits);
    case "mulHighSignedUnsigned":
      return wrap((signed(a) * b) >> bits);
    case "divUnsigned":
      return b === 0n ? wrap(-1n) : a / b;
    case "divSigned":
      if (b === 0n) return signed(a) < 0n ? 1n : wrap(-1n);
      return wrap(signed(a) / signed(b));
    case "remUnsigned":
      return b === 0n ? a : a % b;
    case "remSigned":
      return b === 0n ? a : wrap(signed(a) % signed(b));
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    case "shiftLeft":
      return b >= bits ? 0n : wrap(a << b);
    case "shiftRightLogical":
      return b >= bits ? 0n : a >> b;
    case "shiftRightArithmetic":
      return wrap(signed(a) >> (b >= bits ? bits : b));
    case "rotateLeft":
      return wrap((a << (b % bits)) | (a >> (bits - (b % bits))));
    case "rotateRight":
      return wrap((a >> (b % bits)) | (a << (bits - (b % bits))));
  }
}

/** A unary operator on an unsigned value of `width` bits. */
export function evaluateUnary(operator: UnaryOperator, width: number, a: bigint): bigint {
  switch (operator) {
    case "not":
      return BigInt.asUintN(width, ~a);
    case "countLeadingZeros":
      return BigInt(a === 0n ? width : width - a.toString(2).length);
    case "countTrailingZeros":
      return BigInt(a === 0n ? width : (a & -a).toString(2).length - 1);
    case "populationCount":
      return BigInt(a.toString(2).replaceAll("0", "").length);
  }
}

/** A comparison of unsigned `a` and `b` of `width` bits: 1 or 0. */
export function evaluateComparison(
  operator: ComparisonOperator,
  width: number,
  a: bigint,
  b: bigint,
): bigint {
  const signed = (value: bigint): bigint => BigInt.asIntN(width, value);
  const holds = {
    equal: () => a === b,
    lessUnsigned: () => a < b,
    lessSigned: () => signed(a) < signed(b),
    lessEqualUnsigned: () => a <= b,
    lessEqualSigned: () => signed(a) <= signed(b),
  }[operator]();
  return holds ? 1n : 0n;
}
