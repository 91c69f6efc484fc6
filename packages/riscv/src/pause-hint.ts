/**
 * Zihintpause: a hint that the hart is in a spin loop.
 *
 * @see RISC-V Unprivileged 20240411, 10
 */
import { type Extension, instruction } from "@isovm/isa-spec";

/** Zihintpause: a hint that the hart is in a spin loop. */
export const pauseHint: Extension = {
  name: "Zihintpause",
  title: "Pause hint",
  instructions: [
    instruction("pause", "0000 0001 0000 00000 000 00000 0001111", {
      operands: {},
      syntax: "",
      semantics: () => {},
      manual: "RISC-V Unprivileged 20240411, 10",
    }),
  ],
};
