/**
 * Zcf and Zcd: compressed loads and stores of floating-point registers.
 *
 * @see RISC-V Unprivileged 20240411, 27.3 and 28.3 (Zcf, Zcd)
 */
import { type Extension, type Instruction, unsigned } from "@isovm/isa-spec";
import { floatUnit } from "./float-unit.ts";
import type { Hart, Xlen } from "./hart.ts";

/** Zcf: compressed loads and stores of single precision; on RV32 only. */
export function compressedSingle<X extends Xlen>(hart: Hart<X>): Extension {
  return {
    name: "Zcf",
    title: "Compressed single-precision loads and stores",
    instructions: rows(hart, 32, "w", {
      loadFromStack: "011 imm[5] rd:5 imm[4:2|7:6] 10",
      storeToStack: "111 imm[5:2|7:6] rs2:5 10",
      load: "011 imm[5:3] rs1:3 imm[2|6] rd:3 00",
      store: "111 imm[5:3] rs1:3 imm[2|6] rs2:3 00",
    }),
  };
}

/** Zcd: compressed loads and stores of double precision. */
export function compressedDouble<X extends Xlen>(hart: Hart<X>): Extension {
  return {
    name: "Zcd",
    title: "Compressed double-precision loads and stores",
    instructions: rows(hart, 64, "d", {
      loadFromStack: "001 imm[5] rd:5 imm[4:3|8:6] 10",
      storeToStack: "101 imm[5:3|8:6] rs2:5 10",
      load: "001 imm[5:3] rs1:3 imm[7:6] rd:3 00",
      store: "101 imm[5:3] rs1:3 imm[7:6] rs2:3 00",
    }),
  };
}

interface Patterns {
  readonly loadFromStack: string;
  readonly storeToStack: string;
  readonly load: string;
  readonly store: string;
}

function rows<X extends Xlen>(
  hart: Hart<X>,
  width: 32 | 64,
  letter: "w" | "d",
  patterns: Patterns,
): readonly Instruction[] {
  const { x, f, xlen, memory } = hart;
  const { row, write } = floatUnit(hart);
  const stackPointer = x.at(2);
  const stackOffset = unsigned(width === 64 ? 9 : 8, xlen);
  const offset = unsigned(width === 64 ? 8 : 7, xlen);
  return [
    row(`c.fl${letter}sp`, patterns.loadFromStack, {
      operands: { rd: f.destination(), imm: stackOffset },
      syntax: "rd, imm(sp)",
      semantics: ({ rd, imm }) => write(rd, memory.load(width, stackPointer.read().add(imm))),
      manual: "RISC-V Unprivileged 20240411, 27.3.1",
    }),
    row(`c.fs${letter}sp`, patterns.storeToStack, {
      operands: { rs2: f.source(), imm: stackOffset },
      syntax: "rs2, imm(sp)",
      semantics: ({ rs2, imm }) =>
        memory.store<32 | 64>(width, stackPointer.read().add(imm), rs2.read().truncate(width)),
      manual: "RISC-V Unprivileged 20240411, 27.3.1",
    }),
    row(`c.fl${letter}`, patterns.load, {
      operands: { rd: f.destination(3, 8), rs1: x.source(3, 8), imm: offset },
      syntax: "rd, imm(rs1)",
      semantics: ({ rd, rs1, imm }) => write(rd, memory.load(width, rs1.read().add(imm))),
      manual: "RISC-V Unprivileged 20240411, 27.3.2",
    }),
    row(`c.fs${letter}`, patterns.store, {
      operands: { rs2: f.source(3, 8), rs1: x.source(3, 8), imm: offset },
      syntax: "rs2, imm(rs1)",
      semantics: ({ rs2, rs1, imm }) =>
        memory.store<32 | 64>(width, rs1.read().add(imm), rs2.read().truncate(width)),
      manual: "RISC-V Unprivileged 20240411, 27.3.2",
    }),
  ];
}
