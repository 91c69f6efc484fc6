/** Disassembly of every row, with random operands, is what objdump prints. */
import { Decoder, Disassembler } from "@isovm/decoder";
import { rv32, rv64 } from "@isovm/riscv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasOracles } from "../oracle/index.ts";
import { objdump } from "./binutils.ts";
import { wordOf } from "./row-words.ts";

const wordsPerRow = 40;

/** Differences that are no mistake of the rows, and why. */
const waivers: readonly { reason: string; applies: (isovm: string, objdump: string) => boolean }[] =
  [
    {
      reason: "binutils 2.40 doesn't know Zicond",
      applies: (isovm, objdump) => /^czero\./.test(isovm) && objdump.startsWith(".4byte"),
    },
    {
      reason: "objdump wants the rounding mode of exact conversions to be 0; hardware doesn't",
      applies: (isovm, objdump) =>
        /^fcvt\.d\.(s|wu?) .*,(?!rne)/.test(isovm) && objdump.startsWith(".4byte"),
    },
    {
      reason: "objdump prints an empty set of a fence as unknown, which no assembler reads",
      applies: (isovm, objdump) =>
        /^fence /.test(isovm) && isovm.replaceAll(/\b0\b/g, "unknown") === objdump,
    },
    {
      reason: "objdump names control registers of the privileged part",
      applies: (isovm, objdump) =>
        /^csr.*,0x[0-9a-f]+,/.test(isovm) &&
        isovm.replace(/,0x[0-9a-f]+,/, ",") === objdump.replace(/,[a-z0-9]+,/, ","),
    },
  ];

const isWaived = (isovm: string, objdump: string): boolean =>
  waivers.some(({ applies }) => applies(isovm, objdump));

describe.skipIf(
  !hasOracles("riscv64-linux-gnu-as", "riscv64-linux-gnu-objcopy", "riscv64-linux-gnu-objdump"),
)("disassembly is objdump's", () => {
  it.each([
    ["rv64", 64, rv64()],
    ["rv32", 32, rv32()],
  ] as const)("%s", async (_, xlen, isa) => {
    const decoder = new Decoder(isa);
    const disassembler = new Disassembler(isa);
    const words = isa.instructions.flatMap((row) =>
      fc
        .sample(wordOf(row), { numRuns: wordsPerRow, seed: 1 })
        .map((word) => ({ word, sizeBytes: row.sizeBytes })),
    );
    const theirs = await objdump(words, xlen);
    expect(theirs).toHaveLength(words.length);
    let address = 0n;
    const differences = words.flatMap(({ word, sizeBytes }, index) => {
      const decoded = decoder.decode(word, sizeBytes);
      const text = decoded ? disassembler.text(decoded, address) : "illegal";
      address += BigInt(sizeBytes);
      const objdumps = theirs[index] ?? "";
      return text === objdumps || isWaived(text, objdumps)
        ? []
        : [{ word: word.toString(16), isovm: text, objdump: objdumps }];
    });
    expect(differences).toEqual([]);
  });
});
