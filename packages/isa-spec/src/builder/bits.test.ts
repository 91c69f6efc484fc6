import { describe, expect, expectTypeOf, it } from "vitest";
import { SpecificationError, WidthError } from "../errors.ts";
import { instruction } from "../instruction.ts";
import { evaluate } from "../ir/evaluate.ts";
import { type Bits, bits, concat } from "./bits.ts";
import { FloatingPoint, type Rounded } from "./floating.ts";
import { Memory } from "./memory.ts";
import { named, signed, unsigned } from "./operand.ts";
import { RegisterFile } from "./registers.ts";

const environment = {
  field: () => 0n,
  temporary: () => 0n,
  pc: 0n,
  nextPc: 0n,
  retired: 0n,
};
const value = (of: Bits): bigint => evaluate(of.expression, environment);

describe("widths", () => {
  it("are kept by operators and changed by name only", () => {
    const word = bits(32, 0x8000_0000);
    expectTypeOf(word.add(1)).toEqualTypeOf<Bits<32>>();
    expectTypeOf(word.equal(0)).toEqualTypeOf<Bits<1>>();
    expectTypeOf(word.signExtend(64)).toEqualTypeOf<Bits<64>>();
    expectTypeOf(word.truncate(8)).toEqualTypeOf<Bits<8>>();
    expectTypeOf(word.equal(0).select(bits(8, 1), 0)).toEqualTypeOf<Bits<8>>();
    expectTypeOf(concat(16, bits(8, 1), bits(8, 2))).toEqualTypeOf<Bits<16>>();
    expect(value(word.signExtend(64))).toBe(0xffff_ffff_8000_0000n);
    expect(value(word.zeroExtend(64))).toBe(0x8000_0000n);
  });

  it("that differ are compile-time errors, and errors when JavaScript mixes them", () => {
    // @ts-expect-error: 32 and 64 bits don't add
    expect(() => bits(32, 1).add(bits(64, 1))).toThrow(WidthError);
    // @ts-expect-error: nor do they compare
    expect(() => bits(32, 1).equal(bits(64, 1))).toThrow(WidthError);
    // @ts-expect-error: both alternatives have one width
    expect(() => bits(1, 1).select(bits(32, 1), bits(64, 1))).toThrow(WidthError);
    // @ts-expect-error: a condition has one bit
    bits(2, 1).select(bits(32, 1), 0);
    expect(() => bits(8, 1).extract(4, 5)).toThrow(WidthError);
    expect(() => bits(32, 1).zeroExtend(16)).toThrow(WidthError);
    expect(() => concat(16, bits(8, 1), bits(4, 1))).toThrow(WidthError);
    expect(() => bits(8, 256)).toThrow(WidthError);
    expect(() => bits(8, -129)).toThrow(WidthError);
  });

  it("of registers, memory and floating point are checked in rows", () => {
    const x = new RegisterFile({ name: "x", count: 32, width: 64, zero: 0 });
    const memory = new Memory({ addressWidth: 64, endian: "little", alignment: "any" });
    instruction("x", "000000 imm:12 rs1:5 rd:5 0000", {
      operands: { rd: x.destination(), rs1: x.source(), imm: signed(12, 64) },
      syntax: "rd, rs1, imm",
      semantics: ({ rd, rs1, imm }) => {
        expectTypeOf(rs1.read()).toEqualTypeOf<Bits<64>>();
        // @ts-expect-error: a register of 64 bits takes no 32
        rd.write(rs1.read().truncate(32));
        // @ts-expect-error: an address has 64 bits
        memory.load(32, imm.truncate(32));
        // @ts-expect-error: the value stored has the width of the access
        memory.store(32, imm, rs1.read());
        // @ts-expect-error: a source isn't written
        rs1.write(imm);
      },
      manual: "none",
    });
    const arithmetic = new FloatingPoint({
      nan: "canonical",
      defaultNanNegative: false,
      tininess: "after",
      fusedInvalid: "raise",
      invalidInteger: "saturate",
    });
    const nearest = { mode: bits(3, 0), accrued: bits(5, 0) };
    expectTypeOf(arithmetic.add(bits(32, 0), bits(32, 0), nearest)).toEqualTypeOf<Rounded<32>>();
    // @ts-expect-error: single and double don't add
    arithmetic.add(bits(32, 0), bits(64, 0), nearest);
    // @ts-expect-error: no format has 8 bits
    arithmetic.squareRoot(bits(8, 0), nearest);
  });
});

describe("rows", () => {
  it("without an operand for each field don't compile", () => {
    const x = new RegisterFile({ name: "x", count: 32, width: 64 });
    expect(() =>
      instruction("x", "000 rd:5", {
        // @ts-expect-error: rd is missing
        operands: { rs: x.source() },
        syntax: "rs",
        semantics: () => {},
        manual: "none",
      }),
    ).toThrow(SpecificationError);
  });

  it("give the semantics what each operand binds", () => {
    instruction("x", "00 mode:2 n:4", {
      operands: { mode: named(2, { 0: "a" }), n: unsigned(4, 32) },
      syntax: "mode, n",
      semantics: ({ mode, n }) => {
        expectTypeOf(mode).toEqualTypeOf<Bits<2>>();
        expectTypeOf(n).toEqualTypeOf<Bits<32>>();
      },
      manual: "none",
    });
  });
});
