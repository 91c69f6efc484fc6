/**
 * RISC-V's choices among what IEEE 754 leaves open.
 *
 * @see RISC-V Unprivileged 20240411, 20.3 (NaN generation), 20.4 (subnormals), 20.6 (fused
 *   multiply-add), 20.7 (conversions)
 */
import type { FloatPolicy } from "@isovm/isa-spec";

/** RISC-V's floating-point arithmetic: canonical NaNs, tininess after rounding, saturation. */
export const floatPolicy: FloatPolicy = {
  nan: "canonical",
  defaultNanNegative: false,
  tininess: "after",
  fusedInvalid: "raise",
  invalidInteger: "saturate",
};
