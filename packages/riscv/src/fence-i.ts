/**
 * Zifencei: instruction-fetch fence.
 *
 * @see RISC-V Unprivileged 20240411, 6
 */
import { type Extension, instruction, instructionFence } from "@isovm/isa-spec";

/** Zifencei: instruction-fetch fence. */
export const fenceI: Extension = {
  name: "Zifencei",
  title: "Instruction-fetch fence",
  instructions: [
    // The immediate and both registers are reserved for finer fences and ignored.
    instruction("fence.i", "------------ ----- 001 ----- 0001111", {
      operands: {},
      syntax: "",
      semantics: () => instructionFence(),
      manual: "RISC-V Unprivileged 20240411, 6",
    }),
  ],
};
