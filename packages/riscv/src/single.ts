/**
 * F: single-precision floating point.
 *
 * @see RISC-V Unprivileged 20240411, 20
 */
import { type Extension, type PseudoInstruction, pseudo, readAs } from "@isovm/isa-spec";
import { floatFormat } from "./float-format.ts";
import { floatUnit } from "./float-unit.ts";
import type { Hart, Xlen } from "./hart.ts";

/** F: single-precision floating point. */
export function single<X extends Xlen>(hart: Hart<X>): Extension {
  const { f, x, xlen } = hart;
  const { row, write } = floatUnit(hart);
  return {
    name: "F",
    title: "Single-precision floating point",
    instructions: [
      ...floatFormat(hart, {
        width: 32,
        fmt: "00",
        funct3: "010",
        suffix: "s",
        letter: "w",
        manual: "RISC-V Unprivileged 20240411, 20.5 to 20.9",
      }),
      row("fmv.x.w", "11100 00 00000 rs1:5 000 rd:5 1010011", {
        operands: { rd: x.destination(), rs1: f.source() },
        syntax: "rd, rs1",
        // The bits as they are, whether or not they are boxed.
        semantics: ({ rd, rs1 }) => rd.write(rs1.read().truncate(32).signExtend(xlen)),
        manual: "RISC-V Unprivileged 20240411, 20.7",
      }),
      row("fmv.w.x", "11110 00 00000 rs1:5 000 rd:5 1010011", {
        operands: { rd: f.destination(), rs1: x.source() },
        syntax: "rd, rs1",
        semantics: ({ rd, rs1 }) => write(rd, rs1.read().truncate(32)),
        manual: "RISC-V Unprivileged 20240411, 20.7",
      }),
    ],
    pseudoInstructions: [
      ...floatPseudoInstructions("s", "flw", "fsw"),
      readAs("fmv.x.s rd, rs", "fmv.x.w rd, rs"),
      readAs("fmv.s.x rd, rs", "fmv.w.x rd, rs"),
    ],
  };
}

/** Shorthands that every format has. */
export function floatPseudoInstructions(
  suffix: "s" | "d",
  load: string,
  store: string,
): readonly PseudoInstruction[] {
  return [
    pseudo(`fmv.${suffix} rd, rs`, `fsgnj.${suffix} rd, rs, rs`),
    pseudo(`fabs.${suffix} rd, rs`, `fsgnjx.${suffix} rd, rs, rs`),
    pseudo(`fneg.${suffix} rd, rs`, `fsgnjn.${suffix} rd, rs, rs`),
    readAs(`fgt.${suffix} rd, rs, rt`, `flt.${suffix} rd, rt, rs`),
    readAs(`fge.${suffix} rd, rs, rt`, `fle.${suffix} rd, rt, rs`),
    pseudo(
      `${load} rd, symbol, rt`,
      "$high: auipc rt, %pcrel_hi(symbol)",
      `${load} rd, %pcrel_lo($high)(rt)`,
    ),
    pseudo(
      `${store} rd, symbol, rt`,
      "$high: auipc rt, %pcrel_hi(symbol)",
      `${store} rd, %pcrel_lo($high)(rt)`,
    ),
  ];
}
