/** Instructions as text: every kind of operand, shorthands, and bytes that are no instruction. */

import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { bytesOf } from "../decode/framing.ts";
import { encode } from "../syntax/encode.ts";
import { bigEndianToy, toy } from "../test-isa.ts";
import { disassemble } from "./disassemble.ts";
import type { DisassemblyOptions } from "./disassembler.ts";

function textOf(
  mnemonic: string,
  fields: Readonly<Record<string, number>>,
  options: DisassemblyOptions = {},
): string {
  const row = toy.instructions.find((candidate) => candidate.mnemonic === mnemonic);
  if (!row) throw new Error(mnemonic);
  const bits = Object.entries(fields).map(([name, value]) => [name, BigInt(value)]);
  const word = encode(row, Object.fromEntries(bits));
  const [line] = disassemble(toy, bytesOf(word, row.sizeBytes, "little"), 0x1000n, options);
  return line?.text ?? "";
}

describe("the disassembler", () => {
  it.each([
    ["add", { to: 1, a: 14, b: 15 }, "add r1,lr,sp"],
    ["addi", { to: 1, a: 2, imm: 0xfff }, "addi r1,r2,-1"],
    ["load", { to: 1, a: 15, imm: 8 }, "load r1,8(sp)"],
    ["lui", { to: 1, imm: 0xfffff }, "lui r1,0xfffff"],
    ["high", { to: 2, amount: 0x3f000 }, "high r10,-4096"],
    ["b{when}", { when: 1, a: 1, b: 2, to: 0x1ffe }, "bne r1,r2,0xffe"],
    ["jal", { link: 0, to: 0x1fe000 }, "jal zero,0xfffff000"],
    ["fadd", { to: 1, a: 2, b: 3, mode: 3 }, "fadd r1,r2,r3"],
    ["fadd", { to: 1, a: 2, b: 3, mode: 1 }, "fadd r1,r2,r3,down"],
    ["fence", { before: 0b1010, after: 0 }, "fence ir,0"],
    ["fence.all", {}, "fence.all"],
    ["status", { to: 1, id: 2 }, "status r1,mode"],
    ["status", { to: 1, id: 0x123 }, "status r1,0x123"],
  ])("prints %s %o", (mnemonic, fields, text) => {
    expect(textOf(mnemonic, fields)).toBe(text);
  });

  it.each([
    ["addi", { to: 0, a: 0, imm: 0 }, "nop"],
    ["addi", { to: 3, a: 0, imm: 7 }, "li r3,7"],
    ["addi", { to: 3, a: 4, imm: 0 }, "move r3,r4"],
    ["addi", { to: 3, a: 4, imm: 1 }, "addi r3,r4,1"],
    ["mov", { to: 3, from: 4 }, "move r3,r4"],
    ["jal", { link: 14, to: 8 }, "jal 0x1008"],
    ["jal", { link: 0, to: 8 }, "jump 0x1008"],
    ["b{when}", { when: 2, a: 1, b: 2, to: 8 }, "bgt r2,r1,0x1008"],
    ["b{when}", { when: 1, a: 1, b: 2, to: 8 }, "bne r1,r2,0x1008"],
  ])("prefers shorthands if asked: %s %o", (mnemonic, fields, text) => {
    expect(textOf(mnemonic, fields, { aliases: true })).toBe(text);
  });

  it("names targets", () => {
    const symbolAt = (address: bigint): string => `at_${address.toString(16)}`;
    expect(textOf("jal", { link: 1, to: 8 }, { symbolAt })).toBe("jal r1,at_1008");
  });

  it("prints bytes that are no instruction as data of their length", () => {
    const texts = (...bytes: number[]): string[] =>
      disassemble(toy, Uint8Array.from(bytes), 0n).map(({ text }) => text);
    expect(texts(0x7f, 0, 0, 0x80, 2, 0, 1)).toEqual([".4byte 0x8000007f", "stop", ".byte 0x1"]);
    expect(texts(1, 0xff, 2, 0)).toEqual([".2byte 0xff01", "stop"]);
    expect(texts(0x7f, 0, 0x13)).toEqual([".byte 0x7f,0x0,0x13"]);
    expect(disassemble(bigEndianToy, Uint8Array.of(1, 2, 3, 4))[0]?.text).toBe(".4byte 0x1020304");
  });

  test.prop([fc.uint8Array({ maxLength: 40 })])("covers all bytes and never throws", (bytes) => {
    const lines = disassemble(toy, bytes, 0xffff_fff0n, { aliases: true });
    expect(Uint8Array.from(lines.flatMap((line) => [...line.bytes]))).toEqual(bytes);
  });
});
