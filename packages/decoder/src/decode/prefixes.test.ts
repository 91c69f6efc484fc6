/** Prefixes change the decode context, and the assembler writes those that a row needs. */
import { defineIsa, type Isa, instruction, type Prefix, target, unsigned } from "@isovm/isa-spec";
import { describe, expect, it } from "vitest";
import { assemble } from "../assemble/assemble.ts";
import { disassemble } from "../disassemble/disassemble.ts";
import { Decoder } from "./decoder.ts";

const manual = "none";
const semantics = (): void => {};

const prefixes: readonly Prefix[] = [
  { name: "short", mask: 0xff, match: 0x66, sets: { size: 16 } },
  { name: "long", mask: 0xff, match: 0x67, sets: { size: 64 } },
  { name: "other", mask: 0xf8, match: 0xf0, sets: { other: 1 } },
];

const move = (mnemonic: string, size: number) =>
  instruction(mnemonic, "10111000 imm[7:0|15:8]", {
    operands: { imm: unsigned(16, 32, 16) },
    syntax: "imm",
    context: { size },
    semantics,
    manual,
  });

const isa: Isa = defineIsa({
  name: "prefixed",
  addressWidth: 32,
  registers: [],
  framing: {
    parcelBytes: 1,
    byteOrder: "big",
    lengths: [],
    context: { size: 32, other: 0 },
    prefixes,
    longestBytes: 5,
  },
  extensions: [
    {
      name: "base",
      title: "Base",
      instructions: [
        move("moved", 32),
        move("movew", 16),
        move("moveq", 64),
        instruction("plain", "10010000", { operands: {}, syntax: "", semantics, manual }),
        instruction("go", "11101011 to:8", {
          operands: { to: target(8, 32, 2) },
          syntax: "to",
          semantics,
          manual,
        }),
      ],
    },
  ],
  syntax: { comment: ["#"], relocations: {} },
});

const decoder = new Decoder(isa);
const decode = (...bytes: number[]) => {
  const decoded = decoder.decodeBytes(Uint8Array.of(...bytes));
  return decoded && [decoded.row.mnemonic, decoded.prefixBytes, decoded.sizeBytes];
};

describe("prefixes", () => {
  it("choose among rows of one encoding", () => {
    expect(decode(0xb8, 1, 2)).toEqual(["moved", 0, 3]);
    expect(decode(0x66, 0xb8, 1, 2)).toEqual(["movew", 1, 4]);
    expect(decode(0x67, 0xb8, 1, 2)).toEqual(["moveq", 1, 4]);
  });

  it("stand in any order, the last one counting for what both name", () => {
    expect(decode(0x66, 0x67, 0xb8, 1, 2)).toEqual(["moveq", 2, 5]);
    expect(decode(0x67, 0x66, 0xb8, 1, 2)).toEqual(["movew", 2, 5]);
    expect(decode(0xf3, 0x66, 0xb8, 1, 2)).toEqual(["movew", 2, 5]);
    expect(decode(0x66, 0xf7, 0xb8, 1, 2)).toEqual(["movew", 2, 5]);
  });

  it("leave rows alone that ask for no context", () => {
    expect(decode(0x66, 0x90)).toEqual(["plain", 1, 2]);
  });

  it("count for the longest instruction", () => {
    expect(decode(0x66, 0x66, 0x66, 0x66, 0x90)).toEqual(["plain", 4, 5]);
    expect(decode(0x66, 0x66, 0x66, 0x66, 0x66, 0x90)).toBeUndefined();
    expect(decode(0x66, 0x66, 0x66, 0xb8, 1, 2)).toBeUndefined();
  });

  it("alone, or before what is no instruction, are none", () => {
    expect(decode(0x66)).toBeUndefined();
    expect(decode(0x66, 0xb8, 1)).toBeUndefined();
    expect(decode(0x66, 0x00)).toBeUndefined();
  });

  it("are written by the assembler and understood by the disassembler", () => {
    const source = "a: moved 0x201\nmovew 0x201\nmoveq 0x403\nplain\ngo a";
    const { bytes } = assemble(isa, source, { origin: 0x100n });
    expect([...bytes]).toEqual([0xb8, 1, 2, 0x66, 0xb8, 1, 2, 0x67, 0xb8, 3, 4, 0x90, 0xeb, 0xf2]);
    expect(disassemble(isa, bytes, 0x100n).map(({ text }) => text)).toEqual([
      "moved 0x201",
      "movew 0x201",
      "moveq 0x403",
      "plain",
      "go 0x100",
    ]);
    expect(() => assemble(isa, "go . + 0x82", { origin: 0x100n })).toThrow(
      /a distance from -126 to 129/,
    );
  });

  it("that give no context that a row asks for are a mistake of the ISA", () => {
    const [base] = isa.extensions;
    const lost = defineIsa({
      ...isa,
      extensions: [{ ...base, name: "b", title: "", instructions: [move("lost", 8)] }],
    });
    expect(() => assemble(lost, "lost 1")).toThrow(/no prefix makes size 8 for lost/);
  });
});
