/**
 * D: double-precision floating point.
 *
 * @see RISC-V Unprivileged 20240411, 21
 */
import type { Extension, Instruction } from "@isovm/isa-spec";
import { floatFormat } from "./float-format.ts";
import { arithmetic, floatUnit, roundingMode } from "./float-unit.ts";
import type { Hart, Xlen } from "./hart.ts";
import { readBoxed } from "./nan-boxing.ts";
import { floatPseudoInstructions } from "./single.ts";

/** D: double-precision floating point. */
export function double<X extends Xlen>(hart: Hart<X>): Extension {
  return {
    name: "D",
    title: "Double-precision floating point",
    instructions: [
      ...floatFormat(hart, {
        width: 64,
        fmt: "01",
        funct3: "011",
        suffix: "d",
        letter: "d",
        manual: "RISC-V Unprivileged 20240411, 21.3 to 21.7",
      }),
      ...formatConversion(hart),
      ...moves(hart),
    ],
    pseudoInstructions: floatPseudoInstructions("d", "fld", "fsd"),
  };
}

function formatConversion<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { f } = hart;
  const { row, environment, raise, write } = floatUnit(hart);
  const conversion = (mnemonic: string, pattern: string, to: 32 | 64, from: 32 | 64): Instruction =>
    row(mnemonic, pattern, {
      operands: {
        rd: f.destination(),
        rs1: f.source(),
        rm: roundingMode(from < to ? "rne" : "dyn"),
      },
      syntax: "rd, rs1[, rm]",
      semantics: ({ rd, rs1, rm }) => {
        const result = arithmetic.convertFormat(to, readBoxed(from, rs1), environment(rm));
        write(rd, result.value);
        raise(result.flags);
      },
      manual: "RISC-V Unprivileged 20240411, 21.5",
    });
  return [
    conversion("fcvt.s.d", "01000 00 00001 rs1:5 rm:3 rd:5 1010011", 32, 64),
    conversion("fcvt.d.s", "01000 01 00000 rs1:5 rm:3 rd:5 1010011", 64, 32),
  ];
}

/** Moves of bit patterns, for which an integer register has to be wide enough. */
function moves<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { f, x, xlen } = hart;
  const { row, write } = floatUnit(hart);
  if (xlen === 32) return [];
  return [
    row("fmv.x.d", "11100 01 00000 rs1:5 000 rd:5 1010011", {
      operands: { rd: x.destination(), rs1: f.source() },
      syntax: "rd, rs1",
      semantics: ({ rd, rs1 }) => rd.write(rs1.read().truncate(xlen)),
      manual: "RISC-V Unprivileged 20240411, 21.5",
    }),
    row("fmv.d.x", "11110 01 00000 rs1:5 000 rd:5 1010011", {
      operands: { rd: f.destination(), rs1: x.source() },
      syntax: "rd, rs1",
      semantics: ({ rd, rs1 }) => write(rd, rs1.read().truncate(64)),
      manual: "RISC-V Unprivileged 20240411, 21.5",
    }),
  ];
}
