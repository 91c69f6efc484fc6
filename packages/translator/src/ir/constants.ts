/** Constants of the IR, and operators on them. */
import { type BinaryOperator, type Expression, evaluateBinary } from "@isovm/isa-spec";

/** An expression whose value is known. */
export type Constant = Extract<Expression, { kind: "constant" }>;

/** The constant of `width` bits with an unsigned value that fits. */
export function constant(width: number, value: bigint): Constant {
  return { kind: "constant", width, value };
}

const masks: readonly bigint[] = Array.from(
  { length: 65 },
  (_, width) => (1n << BigInt(width)) - 1n,
);

/** The value with all `width` bits set. */
export function allOnes(width: number): bigint {
  return masks[width] ?? (1n << BigInt(width)) - 1n;
}

/**
 * A binary operator on unsigned values: {@link evaluateBinary}, with the frequent operators at
 * hand, because the general evaluator allocates.
 */
export function binaryConstant(
  operator: BinaryOperator,
  width: number,
  a: bigint,
  b: bigint,
): bigint {
  switch (operator) {
    case "add":
      return BigInt.asUintN(width, a + b);
    case "sub":
      return BigInt.asUintN(width, a - b);
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    default:
      return evaluateBinary(operator, width, a, b);
  }
}
