/**
 * Zbs: single-bit instructions.
 *
 * @see RISC-V Unprivileged 20240411, 29 (Zbs)
 */
import {
  type Bits,
  bits,
  type Extension,
  type Instruction,
  instruction,
  unsigned,
} from "@isovm/isa-spec";
import type { Hart, Xlen } from "./hart.ts";

const manual = "RISC-V Unprivileged 20240411, 29 (Zbs)";

/** Zbs: single-bit instructions. */
export function singleBits<X extends Xlen>(hart: Hart<X>): Extension {
  const { x, xlen, shiftWidth } = hart;

  /** The forms with the bit's index in a register and in the instruction. */
  const rows = (
    mnemonic: string,
    funct6: string,
    funct3: string,
    operation: (value: Bits<X>, index: Bits) => Bits<X>,
  ): readonly Instruction[] => [
    instruction(mnemonic, `${funct6} 0 rs2:5 rs1:5 ${funct3} rd:5 0110011`, {
      operands: { rd: x.destination(), rs1: x.source(), rs2: x.source() },
      syntax: "rd, rs1, rs2",
      semantics: ({ rd, rs1, rs2 }) =>
        rd.write(operation(rs1.read(), rs2.read().truncate(shiftWidth))),
      manual,
    }),
    instruction(
      `${mnemonic}i`,
      `${funct6} ${xlen === 64 ? "shamt:6" : "0 shamt:5"} rs1:5 ${funct3} rd:5 0010011`,
      {
        operands: { rd: x.destination(), rs1: x.source(), shamt: unsigned(shiftWidth, xlen, 16) },
        syntax: "rd, rs1, shamt",
        semantics: ({ rd, rs1, shamt }) => rd.write(operation(rs1.read(), shamt)),
        manual,
      },
    ),
  ];
  const mask = (index: Bits): Bits<X> => bits(xlen, 1).shiftLeft(index);

  return {
    name: "Zbs",
    title: "Single-bit instructions",
    instructions: [
      ...rows("bclr", "010010", "001", (value, index) => value.and(mask(index).not())),
      ...rows("bext", "010010", "101", (value, index) => value.shiftRightLogical(index).and(1)),
      ...rows("binv", "011010", "001", (value, index) => value.xor(mask(index))),
      ...rows("bset", "001010", "001", (value, index) => value.or(mask(index))),
    ],
  };
}
