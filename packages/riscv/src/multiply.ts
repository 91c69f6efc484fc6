/**
 * M: integer multiplication and division.
 *
 * @see RISC-V Unprivileged 20240411, 13
 */
import { type Bits, bits, type Extension, type Instruction, instruction } from "@isovm/isa-spec";
import type { Hart, Xlen } from "./hart.ts";

/** M: integer multiplication and division. */
export function multiply<X extends Xlen>(hart: Hart<X>): Extension {
  const { x, xlen } = hart;

  const full = (
    mnemonic: string,
    funct3: string,
    operation: (a: Bits<X>, b: Bits<X>) => Bits<X>,
  ): Instruction =>
    instruction(mnemonic, `0000001 rs2:5 rs1:5 ${funct3} rd:5 0110011`, {
      operands: { rd: x.destination(), rs1: x.source(), rs2: x.source() },
      syntax: "rd, rs1, rs2",
      semantics: ({ rd, rs1, rs2 }) => rd.write(operation(rs1.read(), rs2.read())),
      manual: "RISC-V Unprivileged 20240411, 13.1 and 13.2",
    });

  const word = (
    mnemonic: string,
    funct3: string,
    operation: (a: Bits<32>, b: Bits<32>) => Bits<32>,
  ): Instruction =>
    instruction(mnemonic, `0000001 rs2:5 rs1:5 ${funct3} rd:5 0111011`, {
      operands: { rd: x.destination(), rs1: x.source(), rs2: x.source() },
      syntax: "rd, rs1, rs2",
      semantics: ({ rd, rs1, rs2 }) =>
        rd.write(operation(rs1.read().truncate(32), rs2.read().truncate(32)).signExtend(xlen)),
      manual: "RISC-V Unprivileged 20240411, 13.1 and 13.2",
    });

  return {
    name: "M",
    title: "Integer multiplication and division",
    instructions: [
      full("mul", "000", (a, b) => a.mul(b)),
      full("mulh", "001", (a, b) => a.mulHighSigned(b)),
      full("mulhsu", "010", (a, b) => a.mulHighSignedUnsigned(b)),
      full("mulhu", "011", (a, b) => a.mulHighUnsigned(b)),
      full("div", "100", quotient),
      full("divu", "101", (a, b) => a.divUnsigned(b)),
      full("rem", "110", (a, b) => a.remSigned(b)),
      full("remu", "111", (a, b) => a.remUnsigned(b)),
      ...(xlen === 32
        ? []
        : [
            word("mulw", "000", (a, b) => a.mul(b)),
            word("divw", "100", quotient),
            word("divuw", "101", (a, b) => a.divUnsigned(b)),
            word("remw", "110", (a, b) => a.remSigned(b)),
            word("remuw", "111", (a, b) => a.remUnsigned(b)),
          ]),
    ],
  };
}

/** A signed quotient, which by a zero divisor is -1 whatever the dividend's sign. */
function quotient<W extends number>(a: Bits<W>, b: Bits<W>): Bits<W> {
  return b.equal(0).select(bits(a.width, -1), a.divSigned(b));
}
