/** Folding of binary operators; see fold.ts. */
import type { BinaryOperator, Expression } from "@isovm/isa-spec";
import { allOnes, binaryConstant, constant } from "./constants.ts";

const commutative: ReadonlySet<BinaryOperator> = new Set([
  "add",
  "mul",
  "mulHighUnsigned",
  "mulHighSigned",
  "and",
  "or",
  "xor",
]);

/** A binary operator. A constant operand of a commutative one becomes the right one. */
export function foldBinary(
  operator: BinaryOperator,
  left: Expression,
  right: Expression,
): Expression {
  const { width } = left;
  if (left.kind === "constant") {
    if (right.kind === "constant") {
      return constant(width, binaryConstant(operator, width, left.value, right.value));
    }
    if (commutative.has(operator)) return foldBinary(operator, right, left);
    if (left.value === 0n && absorbsZero.has(operator)) return left;
  } else if (right.kind === "constant") {
    const folded = withConstant(operator, width, left, right.value);
    if (folded) return folded;
  } else if (left === right) {
    if (operator === "and" || operator === "or") return left;
    if (operator === "xor" || operator === "sub") return constant(width, 0n);
  }
  return { kind: "binary", width, operator, left, right };
}

/** Operators that give zero for a zero on the left. */
const absorbsZero: ReadonlySet<BinaryOperator> = new Set([
  "mulHighSignedUnsigned",
  "shiftLeft",
  "shiftRightLogical",
  "shiftRightArithmetic",
  "rotateLeft",
  "rotateRight",
]);

function withConstant(
  operator: BinaryOperator,
  width: number,
  left: Expression,
  value: bigint,
): Expression | undefined {
  switch (operator) {
    case "add":
      if (value === 0n) return left;
      return mergeConstants(operator, left, value);
    case "sub":
      return foldBinary("add", left, constant(width, BigInt.asUintN(width, -value)));
    case "or":
      if (value === 0n) return left;
      if (value === allOnes(width)) return constant(width, value);
      return mergeConstants(operator, left, value);
    case "xor":
      if (value === 0n) return left;
      return mergeConstants(operator, left, value);
    case "and":
      if (value === allOnes(width)) return left;
      if (value === 0n) return constant(width, 0n);
      return mergeConstants(operator, left, value);
    case "mul":
      if (value === 1n) return left;
      return value === 0n ? constant(width, 0n) : undefined;
    case "mulHighUnsigned":
    case "mulHighSigned":
    case "mulHighSignedUnsigned":
      return value === 0n ? constant(width, 0n) : undefined;
    case "divUnsigned":
    case "divSigned":
      return value === 1n ? left : undefined;
    case "rotateLeft":
    case "rotateRight":
      return value === 0n ? left : undefined;
    case "shiftLeft":
    case "shiftRightLogical":
      if (value === 0n) return left;
      return value >= BigInt(width) ? constant(width, 0n) : undefined;
    case "shiftRightArithmetic":
      return value === 0n ? left : undefined;
    default:
      return undefined;
  }
}

/** `(x op a) op b` as `x op (a op b)`. */
function mergeConstants(
  operator: "add" | "or" | "xor" | "and",
  left: Expression,
  value: bigint,
): Expression | undefined {
  if (left.kind !== "binary" || left.operator !== operator) return undefined;
  if (left.right.kind !== "constant") return undefined;
  const { width } = left;
  const merged = binaryConstant(operator, width, left.right.value, value);
  return foldBinary(operator, left.left, constant(width, merged));
}
