/**
 * Privileged instructions: their encodings. What they do is the hart's, behind effects.
 *
 * @see RISC-V Privileged 20240411, 3.3.2, 3.3.3, 10.2.1 and 13 (Svinval)
 */
import { type Extension, effect, type Instruction, instruction, pseudo } from "@isovm/isa-spec";
import type { Hart, Xlen } from "../hart.ts";

/** Names of the effects that privileged instructions have, by mnemonic. */
export const privilegedEffects = {
  mret: "machineReturn",
  sret: "supervisorReturn",
  wfi: "waitForInterrupt",
  "sfence.vma": "translationFence",
  "sinval.vma": "translationFence",
  "sfence.w.inval": "invalidationFence",
  "sfence.inval.ir": "invalidationFence",
} as const;

/** The instructions of machine and supervisor mode. */
export function privilegedInstructions<X extends Xlen>({ x }: Hart<X>): Extension {
  const plain = (
    mnemonic: keyof typeof privilegedEffects,
    pattern: string,
    section: string,
  ): Instruction =>
    instruction(mnemonic, `${pattern} 00000 000 00000 1110011`, {
      operands: {},
      syntax: "",
      semantics: () => effect(privilegedEffects[mnemonic]),
      manual: `RISC-V Privileged 20240411, ${section}`,
    });

  const fence = (mnemonic: "sfence.vma" | "sinval.vma", funct7: string, section: string) =>
    instruction(mnemonic, `${funct7} rs2:5 rs1:5 000 00000 1110011`, {
      operands: { rs1: x.source(), rs2: x.source() },
      syntax: "rs1, rs2",
      semantics: () => effect(privilegedEffects[mnemonic]),
      manual: `RISC-V Privileged 20240411, ${section}`,
    });

  return {
    name: "Privileged",
    title: "Instructions of machine and supervisor mode",
    instructions: [
      plain("sret", "0001000 00010", "3.3.2"),
      plain("mret", "0011000 00010", "3.3.2"),
      plain("wfi", "0001000 00101", "3.3.3"),
      fence("sfence.vma", "0001001", "10.2.1"),
      fence("sinval.vma", "0001011", "13"),
      plain("sfence.w.inval", "0001100 00000", "13"),
      plain("sfence.inval.ir", "0001100 00001", "13"),
    ],
    pseudoInstructions: [
      pseudo("sfence.vma", "sfence.vma x0, x0"),
      pseudo("sfence.vma rs", "sfence.vma rs, x0"),
      ...["cycle", "time", "instret"].map((name) =>
        pseudo(`rd${name} rd`, `csrrs rd, ${name}, x0`),
      ),
    ],
  };
}
