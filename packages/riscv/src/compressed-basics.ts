/**
 * Zcb: further compressed instructions, each of which needs the extension of its long form.
 *
 * @see RISC-V Unprivileged 20240411, 28.4 (Zcb)
 */
import {
  type AccessWidth,
  type Bits,
  type Extension,
  type Instruction,
  instruction,
  unsigned,
} from "@isovm/isa-spec";
import type { ExtensionName } from "./extensions.ts";
import type { Hart, Xlen } from "./hart.ts";

const manual = "RISC-V Unprivileged 20240411, 28.4";

/** Zcb: byte and halfword accesses, extensions, complement and product. */
export function compressedBasics<X extends Xlen>(
  hart: Hart<X>,
  set: ReadonlySet<ExtensionName>,
): Extension {
  const { x, xlen, memory } = hart;

  const load = (
    mnemonic: string,
    funct6: string,
    offset: string,
    width: AccessWidth,
    extend: "sign" | "zero",
  ): Instruction =>
    instruction(mnemonic, `${funct6} rs1:3 ${offset} rd:3 00`, {
      operands: { rd: x.destination(3, 8), rs1: x.source(3, 8), imm: unsigned(2, xlen) },
      syntax: "rd, imm(rs1)",
      semantics: ({ rd, rs1, imm }) => {
        const value = memory.load(width, rs1.read().add(imm));
        rd.write(extend === "sign" ? value.signExtend(xlen) : value.zeroExtend(xlen));
      },
      manual,
    });
  const store = (
    mnemonic: string,
    funct6: string,
    offset: string,
    width: AccessWidth,
  ): Instruction =>
    instruction(mnemonic, `${funct6} rs1:3 ${offset} rs2:3 00`, {
      operands: { rs2: x.source(3, 8), rs1: x.source(3, 8), imm: unsigned(2, xlen) },
      syntax: "rs2, imm(rs1)",
      semantics: ({ rs2, rs1, imm }) =>
        memory.store(width, rs1.read().add(imm), rs2.read().truncate(width)),
      manual,
    });
  const unary = (
    mnemonic: string,
    selector: string,
    operation: (a: Bits<X>) => Bits<X>,
  ): Instruction =>
    instruction(mnemonic, `100 111 rd:3 11 ${selector} 01`, {
      operands: { rd: x.both(3, 8) },
      syntax: "rd",
      semantics: ({ rd }) => rd.write(operation(rd.read())),
      manual,
    });
  const product = instruction("c.mul", "100 111 rd:3 10 rs2:3 01", {
    operands: { rd: x.both(3, 8), rs2: x.source(3, 8) },
    syntax: "rd, rs2",
    semantics: ({ rd, rs2 }) => rd.write(rd.read().mul(rs2.read())),
    manual,
  });

  return {
    name: "Zcb",
    title: "Basic compressed instructions",
    instructions: [
      load("c.lbu", "100 000", "imm[0|1]", 8, "zero"),
      load("c.lhu", "100 001", "0 imm[1]", 16, "zero"),
      load("c.lh", "100 001", "1 imm[1]", 16, "sign"),
      store("c.sb", "100 010", "imm[0|1]", 8),
      store("c.sh", "100 011", "0 imm[1]", 16),
      unary("c.zext.b", "000", (a) => a.and(0xff)),
      unary("c.not", "101", (a) => a.not()),
      ...(set.has("M") ? [product] : []),
      ...(set.has("Zbb")
        ? [
            unary("c.sext.b", "001", (a) => a.truncate(8).signExtend(xlen)),
            unary("c.zext.h", "010", (a) => a.truncate(16).zeroExtend(xlen)),
            unary("c.sext.h", "011", (a) => a.truncate(16).signExtend(xlen)),
          ]
        : []),
      ...(set.has("Zba") && xlen === 64
        ? [unary("c.zext.w", "100", (a) => a.truncate(32).zeroExtend(xlen))]
        : []),
    ],
  };
}
