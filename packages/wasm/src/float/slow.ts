/**
 * The slow path: one imported function that computes any operation by its definition in isa-spec.
 */
import { type FloatPolicy, float } from "@isovm/isa-spec";

/** Names the imported function in a module that uses floating point. */
export const slowImport = { module: "float", name: "slow" } as const;

const operators = Object.keys(float.floatOperatorRows) as float.FloatOperatorName[];

/** The number that tells the imported function which operation it is. */
export function operationCode(
  operator: float.FloatOperatorName,
  format: number,
  otherWidth: number,
): number {
  return operators.indexOf(operator) | (format << 8) | (otherWidth << 16);
}

/** (operation, a, b, c, rounding mode) -> (value, raised flags); patterns are i64. */
export type SlowFloatFunction = (
  operation: number,
  a: bigint,
  b: bigint,
  c: bigint,
  mode: number,
) => [value: bigint, flags: number];

/** What a module that uses a `FloatLibrary` of the same policy imports. */
export interface FloatImports {
  readonly float: { readonly slow: SlowFloatFunction };
}

/**
 * The imports object of a module that uses a `FloatLibrary` of the same policy; to be merged with
 * the module's other imports. A function that finds the policy is called when an operation needs it.
 */
export function floatImports(policy: FloatPolicy | (() => FloatPolicy)): FloatImports {
  const find = typeof policy === "function" ? policy : () => policy;
  const slow: SlowFloatFunction = (operation, a, b, c, mode) => {
    const operator = operators[operation & 0xff];
    if (operator === undefined) throw new RangeError(`no float operation has code ${operation}`);
    const width = (operation >> 8) & 0xff;
    const otherWidth = operation >> 16;
    const row = float.floatOperatorRows[operator];
    const operandWidth = row.other === "integerOperand" ? otherWidth : width;
    const { value, flags } = float.evaluateFloat(
      operator,
      { format: float.formatOf(width), otherWidth, mode, policy: find() },
      BigInt.asUintN(operandWidth, a),
      BigInt.asUintN(operandWidth, b),
      BigInt.asUintN(operandWidth, c),
    );
    return [value, flags];
  };
  return { float: { slow } };
}
