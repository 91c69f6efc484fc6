/**
 * Zba: address generation.
 *
 * @see RISC-V Unprivileged 20240411, 29 (Zba)
 */
import {
  type Bits,
  type Extension,
  type Instruction,
  instruction,
  pseudo,
  unsigned,
} from "@isovm/isa-spec";
import type { Hart, Xlen } from "./hart.ts";

const manual = "RISC-V Unprivileged 20240411, 29 (Zba)";

/** Zba: address generation. */
export function addressGeneration<X extends Xlen>(hart: Hart<X>): Extension {
  const { x, xlen } = hart;

  const row = (
    mnemonic: string,
    pattern: string,
    operation: (index: Bits<X>, base: Bits<X>) => Bits<X>,
  ): Instruction =>
    instruction(mnemonic, pattern, {
      operands: { rd: x.destination(), rs1: x.source(), rs2: x.source() },
      syntax: "rd, rs1, rs2",
      semantics: ({ rd, rs1, rs2 }) => rd.write(operation(rs1.read(), rs2.read())),
      manual,
    });
  const word = (value: Bits<X>): Bits<X> => value.truncate(32).zeroExtend(xlen);

  const shiftAndAdd = [
    row("sh1add", "0010000 rs2:5 rs1:5 010 rd:5 0110011", (i, base) => base.add(i.shiftLeft(1))),
    row("sh2add", "0010000 rs2:5 rs1:5 100 rd:5 0110011", (i, base) => base.add(i.shiftLeft(2))),
    row("sh3add", "0010000 rs2:5 rs1:5 110 rd:5 0110011", (i, base) => base.add(i.shiftLeft(3))),
  ];
  if (xlen === 32) return { name: "Zba", title: "Address generation", instructions: shiftAndAdd };

  return {
    name: "Zba",
    title: "Address generation",
    instructions: [
      ...shiftAndAdd,
      row("add.uw", "0000100 rs2:5 rs1:5 000 rd:5 0111011", (i, base) => base.add(word(i))),
      row("sh1add.uw", "0010000 rs2:5 rs1:5 010 rd:5 0111011", (i, base) =>
        base.add(word(i).shiftLeft(1)),
      ),
      row("sh2add.uw", "0010000 rs2:5 rs1:5 100 rd:5 0111011", (i, base) =>
        base.add(word(i).shiftLeft(2)),
      ),
      row("sh3add.uw", "0010000 rs2:5 rs1:5 110 rd:5 0111011", (i, base) =>
        base.add(word(i).shiftLeft(3)),
      ),
      instruction("slli.uw", "000010 shamt:6 rs1:5 001 rd:5 0011011", {
        operands: { rd: x.destination(), rs1: x.source(), shamt: unsigned(6, xlen, 16) },
        syntax: "rd, rs1, shamt",
        semantics: ({ rd, rs1, shamt }) => rd.write(word(rs1.read()).shiftLeft(shamt)),
        manual,
      }),
    ],
    pseudoInstructions: [pseudo("zext.w rd, rs", "add.uw rd, rs, x0")],
  };
}
