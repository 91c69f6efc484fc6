/**
 * Zicond: conditional zero.
 *
 * @see RISC-V Unprivileged 20240411, 12
 */
import { type Bits, type Extension, type Instruction, instruction } from "@isovm/isa-spec";
import type { Hart, Xlen } from "./hart.ts";

/** Zicond: conditional zero. */
export function conditional<X extends Xlen>(hart: Hart<X>): Extension {
  const { x } = hart;
  const row = (
    mnemonic: string,
    funct3: string,
    isZero: (condition: Bits<X>) => Bits<1>,
  ): Instruction =>
    instruction(mnemonic, `0000111 rs2:5 rs1:5 ${funct3} rd:5 0110011`, {
      operands: { rd: x.destination(), rs1: x.source(), rs2: x.source() },
      syntax: "rd, rs1, rs2",
      semantics: ({ rd, rs1, rs2 }) => {
        const value = rs1.read();
        rd.write(isZero(rs2.read()).not().select(value, 0));
      },
      manual: "RISC-V Unprivileged 20240411, 12.3",
    });
  return {
    name: "Zicond",
    title: "Integer conditional operations",
    instructions: [
      row("czero.eqz", "101", (condition) => condition.equal(0)),
      row("czero.nez", "111", (condition) => condition.notEqual(0)),
    ],
  };
}
