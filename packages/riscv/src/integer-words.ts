/**
 * RV64I's operations on the low 32 bits of registers; their results are sign-extended.
 *
 * @see RISC-V Unprivileged 20240411, 4.2
 */
import { type Bits, type Instruction, instruction, signed, unsigned } from "@isovm/isa-spec";
import type { Hart, Xlen } from "./hart.ts";

/** The `w` forms of RV64I; none on RV32. */
export function integerWords<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { x, xlen } = hart;
  if (xlen === 32) return [];
  const manual = "RISC-V Unprivileged 20240411, 4.2";

  const shiftImmediate = (
    mnemonic: string,
    funct7: string,
    funct3: string,
    operation: (a: Bits<32>, amount: Bits<32>) => Bits<32>,
  ): Instruction =>
    instruction(mnemonic, `${funct7} shamt:5 rs1:5 ${funct3} rd:5 0011011`, {
      operands: { rd: x.destination(), rs1: x.source(), shamt: unsigned(5, 32, 16) },
      syntax: "rd, rs1, shamt",
      semantics: ({ rd, rs1, shamt }) =>
        rd.write(operation(rs1.read().truncate(32), shamt).signExtend(xlen)),
      manual,
    });

  const registerRegister = (
    mnemonic: string,
    funct7: string,
    funct3: string,
    operation: (a: Bits<32>, b: Bits<32>) => Bits<32>,
  ): Instruction =>
    instruction(mnemonic, `${funct7} rs2:5 rs1:5 ${funct3} rd:5 0111011`, {
      operands: { rd: x.destination(), rs1: x.source(), rs2: x.source() },
      syntax: "rd, rs1, rs2",
      semantics: ({ rd, rs1, rs2 }) =>
        rd.write(operation(rs1.read().truncate(32), rs2.read().truncate(32)).signExtend(xlen)),
      manual,
    });

  return [
    instruction("addiw", "imm:12 rs1:5 000 rd:5 0011011", {
      operands: { rd: x.destination(), rs1: x.source(), imm: signed(12, 32) },
      syntax: "rd, rs1, imm",
      semantics: ({ rd, rs1, imm }) => rd.write(rs1.read().truncate(32).add(imm).signExtend(xlen)),
      manual,
    }),
    shiftImmediate("slliw", "0000000", "001", (a, amount) => a.shiftLeft(amount)),
    shiftImmediate("srliw", "0000000", "101", (a, amount) => a.shiftRightLogical(amount)),
    shiftImmediate("sraiw", "0100000", "101", (a, amount) => a.shiftRightArithmetic(amount)),
    registerRegister("addw", "0000000", "000", (a, b) => a.add(b)),
    registerRegister("subw", "0100000", "000", (a, b) => a.sub(b)),
    registerRegister("sllw", "0000000", "001", (a, b) => a.shiftLeft(b.truncate(5))),
    registerRegister("srlw", "0000000", "101", (a, b) => a.shiftRightLogical(b.truncate(5))),
    registerRegister("sraw", "0100000", "101", (a, b) => a.shiftRightArithmetic(b.truncate(5))),
  ];
}
