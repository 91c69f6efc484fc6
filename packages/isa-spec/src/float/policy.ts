/**
 * What IEEE 754 leaves to the implementation, as parameters of an ISA.
 */
import { type FloatFormat, quietNan } from "./format.ts";
import { type FloatOutcome, flag } from "./status.ts";
import { isNan, isSignallingNan, quieted } from "./unpack.ts";

/** The choices that IEEE 754 leaves open, as one ISA makes them. */
export interface FloatPolicy {
  /** Which NaN an operation with NaN operands returns: the default NaN, or its first NaN operand made quiet. */
  readonly nan: "canonical" | "first-operand";
  /** The sign of the default NaN: positive on RISC-V and Arm, negative on x86. */
  readonly defaultNanNegative: boolean;
  /** Whether a result counts as tiny by the exact value or by the one rounded with unbounded exponent. */
  readonly tininess: "before" | "after";
  /** What (infinity × 0) + quiet NaN does: raise invalid and give the default NaN, or propagate the NaN quietly. */
  readonly fusedInvalid: "raise" | "propagate";
  /**
   * What a conversion to integer gives for NaN and out-of-range values, besides raising invalid:
   * `saturate` clips, and takes NaN for plus infinity (RISC-V); `saturate-nan-zero` clips, and takes NaN
   * for 0 (Arm, JVM); `indefinite` is the lowest signed or the highest unsigned integer (x86).
   */
  readonly invalidInteger: "saturate" | "saturate-nan-zero" | "indefinite";
}

/**
 * The choices of an ISA without NaN payloads: every NaN result is the one default NaN, tininess is
 * detected after rounding, integers saturate. Policies of ISAs can be written as changes of it.
 */
export const canonicalFloatPolicy: FloatPolicy = {
  nan: "canonical",
  defaultNanNegative: false,
  tininess: "after",
  fusedInvalid: "raise",
  invalidInteger: "saturate",
};

/** The result of an invalid operation: the default NaN. */
export function invalidResult(format: FloatFormat, policy: FloatPolicy): FloatOutcome {
  return { value: quietNan(format, policy.defaultNanNegative), flags: flag.invalid };
}

/** The result of an operation that has a NaN among its operands, all of `format`. */
export function nanResult(
  format: FloatFormat,
  operands: readonly bigint[],
  policy: FloatPolicy,
): FloatOutcome {
  const flags = operands.some((bits) => isSignallingNan(format, bits)) ? flag.invalid : 0;
  const first = operands.find((bits) => isNan(format, bits));
  const value =
    policy.nan === "canonical" || first === undefined
      ? quietNan(format, policy.defaultNanNegative)
      : quieted(format, first);
  return { value, flags };
}
