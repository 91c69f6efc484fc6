import { Decoder, Disassembler } from "@isovm/decoder";
import { describe, expect, it } from "vitest";
import { rv32, rv64 } from "./index.ts";

describe("compressed instructions are printed as their long forms", () => {
  it.each([rv64(), rv32()])("of $name", (isa) => {
    const decoder = new Decoder(isa);
    const disassembler = new Disassembler(isa, { aliases: true });
    const kept = new Set<string>();
    for (let word = 0; word < 0x10000; word += 1) {
      if ((word & 3) === 3) continue;
      const decoded = decoder.decode(BigInt(word), 2);
      if (!decoded) continue;
      const text = disassembler.text(decoded, 0n);
      if (text.startsWith("c.")) kept.add(text.replace(/ .*/, ""));
    }
    // HINTs that have no long form.
    expect([...kept].sort()).toEqual(["c.slli64", "c.srai64", "c.srli64"]);
  });

  it.each([
    [0x0001, "nop"],
    [0x1141, "addi sp,sp,-16"],
    [0xe406, "sd ra,8(sp)"],
    [0x2501, "sext.w a0,a0"],
    [0x8082, "ret"],
    [0x852e, "mv a0,a1"],
    [0x9512, "add a0,a0,tp"],
    [0x7179, "addi sp,sp,-48"],
    [0x003c, "addi a5,sp,8"],
    [0x67fd, "lui a5,0x1f"],
    [0x77fd, "lui a5,0xfffff"],
    [0xa001, "j 0x1000"],
    [0xc119, "beqz a0,0x1006"],
  ] as const)("%i is %s", (word, text) => {
    const isa = rv64();
    const decoded = new Decoder(isa).decode(BigInt(word), 2);
    expect(decoded && new Disassembler(isa, { aliases: true }).text(decoded, 0x1000n)).toBe(text);
  });
});
