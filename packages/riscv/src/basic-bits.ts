/**
 * Zbb: basic bit manipulation.
 *
 * @see RISC-V Unprivileged 20240411, 29 (Zbb)
 */
import {
  type Bits,
  bits,
  concat,
  type Extension,
  type Instruction,
  instruction,
  unsigned,
} from "@isovm/isa-spec";
import type { Hart, Xlen } from "./hart.ts";

const manual = "RISC-V Unprivileged 20240411, 29 (Zbb)";

/** Zbb: basic bit manipulation. */
export function basicBits<X extends Xlen>(hart: Hart<X>): Extension {
  return {
    name: "Zbb",
    title: "Basic bit manipulation",
    instructions: [
      ...logicAndSelection(hart),
      ...counting(hart),
      ...extension(hart),
      ...rotation(hart),
      ...bytes(hart),
    ],
  };
}

/** A row with two register sources and all of `funct7`, `funct3` and opcode. */
function binary<X extends Xlen>({ x }: Hart<X>) {
  return (
    mnemonic: string,
    pattern: string,
    operation: (a: Bits<X>, b: Bits<X>) => Bits<X>,
  ): Instruction =>
    instruction(mnemonic, pattern, {
      operands: { rd: x.destination(), rs1: x.source(), rs2: x.source() },
      syntax: "rd, rs1, rs2",
      semantics: ({ rd, rs1, rs2 }) => rd.write(operation(rs1.read(), rs2.read())),
      manual,
    });
}

/** A row with one register source. */
function unary<X extends Xlen>({ x }: Hart<X>) {
  return (mnemonic: string, pattern: string, operation: (a: Bits<X>) => Bits<X>): Instruction =>
    instruction(mnemonic, pattern, {
      operands: { rd: x.destination(), rs1: x.source() },
      syntax: "rd, rs1",
      semantics: ({ rd, rs1 }) => rd.write(operation(rs1.read())),
      manual,
    });
}

function logicAndSelection<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const row = binary(hart);
  return [
    row("andn", "0100000 rs2:5 rs1:5 111 rd:5 0110011", (a, b) => a.and(b.not())),
    row("orn", "0100000 rs2:5 rs1:5 110 rd:5 0110011", (a, b) => a.or(b.not())),
    row("xnor", "0100000 rs2:5 rs1:5 100 rd:5 0110011", (a, b) => a.xor(b).not()),
    row("min", "0000101 rs2:5 rs1:5 100 rd:5 0110011", (a, b) => a.lessSigned(b).select(a, b)),
    row("minu", "0000101 rs2:5 rs1:5 101 rd:5 0110011", (a, b) => a.lessUnsigned(b).select(a, b)),
    row("max", "0000101 rs2:5 rs1:5 110 rd:5 0110011", (a, b) => a.lessSigned(b).select(b, a)),
    row("maxu", "0000101 rs2:5 rs1:5 111 rd:5 0110011", (a, b) => a.lessUnsigned(b).select(b, a)),
  ];
}

function counting<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { xlen } = hart;
  const row = unary(hart);
  const word =
    (count: (a: Bits<32>) => Bits<32>) =>
    (a: Bits<X>): Bits<X> =>
      count(a.truncate(32)).zeroExtend(xlen);
  const full = [
    row("clz", "0110000 00000 rs1:5 001 rd:5 0010011", (a) => a.countLeadingZeros()),
    row("ctz", "0110000 00001 rs1:5 001 rd:5 0010011", (a) => a.countTrailingZeros()),
    row("cpop", "0110000 00010 rs1:5 001 rd:5 0010011", (a) => a.populationCount()),
  ];
  if (xlen === 32) return full;
  return [
    ...full,
    row(
      "clzw",
      "0110000 00000 rs1:5 001 rd:5 0011011",
      word((a) => a.countLeadingZeros()),
    ),
    row(
      "ctzw",
      "0110000 00001 rs1:5 001 rd:5 0011011",
      word((a) => a.countTrailingZeros()),
    ),
    row(
      "cpopw",
      "0110000 00010 rs1:5 001 rd:5 0011011",
      word((a) => a.populationCount()),
    ),
  ];
}

function extension<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { xlen } = hart;
  const row = unary(hart);
  // zext.h is a special case of `pack` on RV32, of `packw` on RV64.
  const zeroExtendHalf =
    xlen === 32 ? "0000100 00000 rs1:5 100 rd:5 0110011" : "0000100 00000 rs1:5 100 rd:5 0111011";
  return [
    row("sext.b", "0110000 00100 rs1:5 001 rd:5 0010011", (a) => a.truncate(8).signExtend(xlen)),
    row("sext.h", "0110000 00101 rs1:5 001 rd:5 0010011", (a) => a.truncate(16).signExtend(xlen)),
    row("zext.h", zeroExtendHalf, (a) => a.truncate(16).zeroExtend(xlen)),
  ];
}

function rotation<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { x, xlen, shiftWidth } = hart;
  const row = binary(hart);
  const full = [
    row("rol", "0110000 rs2:5 rs1:5 001 rd:5 0110011", (a, b) =>
      a.rotateLeft(b.truncate(shiftWidth)),
    ),
    row("ror", "0110000 rs2:5 rs1:5 101 rd:5 0110011", (a, b) =>
      a.rotateRight(b.truncate(shiftWidth)),
    ),
    instruction("rori", `011000 ${xlen === 64 ? "shamt:6" : "0 shamt:5"} rs1:5 101 rd:5 0010011`, {
      operands: { rd: x.destination(), rs1: x.source(), shamt: unsigned(shiftWidth, xlen, 16) },
      syntax: "rd, rs1, shamt",
      semantics: ({ rd, rs1, shamt }) => rd.write(rs1.read().rotateRight(shamt)),
      manual,
    }),
  ];
  if (xlen === 32) return full;
  return [
    ...full,
    row("rolw", "0110000 rs2:5 rs1:5 001 rd:5 0111011", (a, b) =>
      a.truncate(32).rotateLeft(b.truncate(5)).signExtend(xlen),
    ),
    row("rorw", "0110000 rs2:5 rs1:5 101 rd:5 0111011", (a, b) =>
      a.truncate(32).rotateRight(b.truncate(5)).signExtend(xlen),
    ),
    instruction("roriw", "0110000 shamt:5 rs1:5 101 rd:5 0011011", {
      operands: { rd: x.destination(), rs1: x.source(), shamt: unsigned(5, 32, 16) },
      syntax: "rd, rs1, shamt",
      semantics: ({ rd, rs1, shamt }) =>
        rd.write(rs1.read().truncate(32).rotateRight(shamt).signExtend(xlen)),
      manual,
    }),
  ];
}

function bytes<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { xlen } = hart;
  const row = unary(hart);
  const indices = Array.from({ length: xlen / 8 }, (_, index) => index);
  const reversed =
    xlen === 32 ? "0110100 11000 rs1:5 101 rd:5 0010011" : "0110101 11000 rs1:5 101 rd:5 0010011";
  return [
    row("orc.b", "0010100 00111 rs1:5 101 rd:5 0010011", (a) => {
      const filled = (index: number): Bits<8> =>
        a
          .extract(index * 8, 8)
          .equal(0)
          .select(bits(8, 0), 0xff);
      return concat(xlen, ...indices.map(filled).reverse());
    }),
    row("rev8", reversed, (a) => concat(xlen, ...indices.map((index) => a.extract(index * 8, 8)))),
  ];
}
