/**
 * Constructors of expressions that fold: constants are computed, and operands that change nothing
 * vanish. Each gives an expression of the same value for all values of its leaves, never a larger
 * one than the plain node; operands are never copied, so sharing by identity survives.
 */
import {
  type ComparisonOperator,
  type Environment,
  type Expression,
  evaluate,
  evaluateComparison,
  evaluateUnary,
  type FloatOperation,
  type FloatResult,
  type UnaryOperator,
} from "@isovm/isa-spec";
import { allOnes, constant } from "./constants.ts";
import { foldBinary } from "./fold-binary.ts";

type ComparisonNode = Extract<Expression, { kind: "compare" }>;

/** The environment of expressions without leaves other than constants. */
const closed: Environment = {
  field: () => 0n,
  temporary: () => 0n,
  pc: 0n,
  nextPc: 0n,
  retired: 0n,
};

/** A unary operator. */
export function foldUnary(operator: UnaryOperator, operand: Expression): Expression {
  const { width } = operand;
  if (operand.kind === "constant") {
    return constant(width, evaluateUnary(operator, width, operand.value));
  }
  if (operator === "not") {
    if (operand.kind === "unary" && operand.operator === "not") return operand.operand;
    const opposite = operand.kind === "compare" ? opposites[operand.operator] : undefined;
    if (opposite && operand.kind === "compare") {
      return foldCompare(opposite, operand.right, operand.left);
    }
  }
  return { kind: "unary", width, operator, operand };
}

/** The operator that holds, with operands exchanged, where another one doesn't. */
const opposites: Partial<Record<ComparisonOperator, ComparisonOperator>> = {
  lessUnsigned: "lessEqualUnsigned",
  lessSigned: "lessEqualSigned",
  lessEqualUnsigned: "lessUnsigned",
  lessEqualSigned: "lessSigned",
};

/** A comparison. */
export function foldCompare(
  operator: ComparisonOperator,
  left: Expression,
  right: Expression,
): Expression {
  if (left.kind === "constant") {
    if (right.kind === "constant") {
      return constant(1, evaluateComparison(operator, left.width, left.value, right.value));
    }
    if (operator === "equal") return foldCompare(operator, right, left);
    if (left.value === 0n && operator === "lessEqualUnsigned") return constant(1, 1n);
  } else if (right.kind === "constant") {
    if (right.value === 0n && operator === "lessUnsigned") return constant(1, 0n);
    if (left.width === 1 && operator === "equal") {
      return right.value === 1n ? left : foldUnary("not", left);
    }
  }
  if (left === right) {
    const isStrict = operator === "lessUnsigned" || operator === "lessSigned";
    return constant(1, isStrict ? 0n : 1n);
  }
  const node: ComparisonNode = { kind: "compare", width: 1, operator, left, right };
  return node;
}

/** Bits `low` and up of the operand, `width` of them. */
export function foldExtract(operand: Expression, low: number, width: number): Expression {
  if (width === operand.width) return operand;
  switch (operand.kind) {
    case "constant":
      return constant(width, BigInt.asUintN(width, operand.value >> BigInt(low)));
    case "extract":
      return foldExtract(operand.operand, operand.low + low, width);
    case "extend": {
      const inner = operand.operand;
      if (low + width <= inner.width) return foldExtract(inner, low, width);
      if (low === 0) return foldExtend(inner, width, operand.signed);
      if (low >= inner.width && !operand.signed) return constant(width, 0n);
      break;
    }
    case "concat": {
      const middle = operand.low.width;
      if (low + width <= middle) return foldExtract(operand.low, low, width);
      if (low >= middle) return foldExtract(operand.high, low - middle, width);
      break;
    }
  }
  return { kind: "extract", width, low, operand };
}

/** The operand, extended to `width` bits. */
export function foldExtend(operand: Expression, width: number, signed: boolean): Expression {
  if (operand.width === width) return operand;
  if (operand.kind === "constant") {
    const { value } = operand;
    if (!signed) return constant(width, value);
    return constant(width, BigInt.asUintN(width, BigInt.asIntN(operand.width, value)));
  }
  // An extension by zeros has a clear sign bit, so extending it either way is the same.
  if (operand.kind === "extend" && (operand.signed === signed || !operand.signed)) {
    return foldExtend(operand.operand, width, operand.signed);
  }
  return { kind: "extend", width, signed, operand };
}

/** `high` above `low`. */
export function foldConcat(high: Expression, low: Expression): Expression {
  const width = high.width + low.width;
  if (high.kind === "constant") {
    if (low.kind === "constant") {
      return constant(width, (high.value << BigInt(low.width)) | low.value);
    }
    if (high.value === 0n) return foldExtend(low, width, false);
  }
  return { kind: "concat", width, high, low };
}

/** `then` where the condition is 1, `otherwise` where it is 0. */
export function foldSelect(
  condition: Expression,
  then: Expression,
  otherwise: Expression,
): Expression {
  if (condition.kind === "constant") return condition.value === 1n ? then : otherwise;
  if (then === otherwise) return then;
  const { width } = then;
  if (then.kind === "constant" && otherwise.kind === "constant") {
    if (then.value === otherwise.value) return then;
    if (then.value === 1n && otherwise.value === 0n) return foldExtend(condition, width, false);
    if (then.value === 0n && otherwise.value === 1n) {
      return foldExtend(foldUnary("not", condition), width, false);
    }
    if (then.value === allOnes(width) && otherwise.value === 0n) {
      return foldExtend(condition, width, true);
    }
  }
  if (condition.kind === "unary" && condition.operator === "not") {
    return foldSelect(condition.operand, otherwise, then);
  }
  return { kind: "select", width, condition, then, else: otherwise };
}

/** A result of a floating-point operation. */
export function foldFloat(
  operation: FloatOperation,
  result: FloatResult["result"],
  width: number,
): Expression {
  const node: FloatResult = { kind: "float", width, result, operation };
  const { operands, roundingMode, accrued } = operation;
  if (roundingMode.kind !== "constant") return node;
  if (!operands.every((operand) => operand.kind === "constant")) return node;
  const alone: FloatOperation = { ...operation, accrued: constant(accrued.width, 0n) };
  const value = constant(width, evaluate({ ...node, operation: alone }, closed));
  return result === "value" ? value : foldBinary("or", accrued, value);
}

/** The node with other operands, folded; `operands` are in the order of `operandsOf`. */
export function foldExpression(
  expression: Exclude<Expression, { kind: "float" }>,
  ...operands: readonly Expression[]
): Expression {
  const [first, second, third] = operands;
  if (!first) return expression;
  switch (expression.kind) {
    case "unary":
      return foldUnary(expression.operator, first);
    case "extract":
      return foldExtract(first, expression.low, expression.width);
    case "extend":
      return foldExtend(first, expression.width, expression.signed);
    case "free":
      return first;
  }
  if (!second) return expression;
  switch (expression.kind) {
    case "binary":
      return foldBinary(expression.operator, first, second);
    case "compare":
      return foldCompare(expression.operator, first, second);
    case "concat":
      return foldConcat(first, second);
    case "select":
      return third ? foldSelect(first, second, third) : expression;
  }
  return expression;
}
