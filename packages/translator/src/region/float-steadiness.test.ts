/** What counts as steady, in code of RV64. */
import { assemble, Decoder } from "@isovm/decoder";
import { rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { registerPlace } from "../ir/register-slot.ts";
import { specialiser } from "../ir/specialiser.ts";
import type { PassBlock } from "../passes/pass-graph.ts";
import { placeAt } from "../passes/testing/pass-bench.ts";
import { floatRegisters } from "./float-registers.ts";
import { floatSteadiness } from "./float-steadiness.ts";

const isa = rv64();
const decoder = new Decoder(isa);
const specialise = specialiser(isa);

function code(text: string): { readonly blocks: readonly PassBlock[] } {
  const [section] = assemble(isa, text, { origin: 0x1000n }).sections;
  const instructions = [];
  for (let offset = 0; section && offset < section.bytes.length; ) {
    const decoded = decoder.decodeBytes(section.bytes, offset);
    if (!decoded) throw new Error(`"${text}" has something that is no instruction`);
    const instruction = specialise(decoded.row, decoded.word);
    instructions.push(placeAt(0x1000 + offset, instruction, isa));
    offset += decoded.sizeBytes;
  }
  return { blocks: [{ pc: 0x1000, instructions }] };
}

const slot = (file: string, index?: number) =>
  registerPlace(
    isa.layout,
    file,
    index === undefined ? undefined : { kind: "constant", width: 5, value: BigInt(index) },
  );

describe("steadiness", () => {
  const steadiness = (text: string) => floatSteadiness(code(text), isa.layout);

  it("is of the registers that operations take their mode from and accrue in", () => {
    const found = steadiness("fadd.d fa0, fa1, fa2\n fmul.d fa0, fa0, fa1\n addi a0, a0, 1");
    expect(found?.operations.size).toBe(2);
    expect([...(found?.modes ?? [])]).toEqual([slot("frm")]);
    expect([...(found?.flags ?? [])]).toEqual([slot("fflags")]);
  });

  it("asks nothing of a mode that is constant", () => {
    const found = steadiness("fadd.d fa0, fa1, fa2, rne\n fcvt.w.d a0, fa0, rtz");
    expect(found?.operations.size).toBe(2);
    expect(found?.modes.size).toBe(0);
  });

  it("isn't where nothing computes", () => {
    expect(steadiness("fsgnj.d fa0, fa1, fa2\n fld fa0, 0(a0)")).toBeUndefined();
  });

  it("isn't where something else writes the mode or the flags", () => {
    const sum = "fadd.d fa0, fa1, fa2";
    expect(steadiness(`${sum}\n csrw fflags, a0`)).toBeUndefined();
    expect(steadiness(`${sum}\n csrw frm, a0`)).toBeUndefined();
    expect(steadiness(`${sum}\n csrr a0, fflags`)).toBeDefined();
  });
});

describe("registers held as f64", () => {
  it("are operands and results of binary64", () => {
    const registers = floatRegisters(
      code(`fadd.d fa0, fa1, fa2
        fcvt.d.w fa3, a3
        feq.d a4, fa4, fa4
        fadd.s fa5, fa5, fa6
        fcvt.s.d fa7, ft0
        fld ft1, 0(a1)`),
      isa.layout,
    );
    const expected = [10, 11, 12, 13, 14, 0].map((index) => slot("f", index));
    expect(new Set(registers)).toEqual(new Set(expected));
  });
});
