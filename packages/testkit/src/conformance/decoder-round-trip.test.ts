/** Words to text to words, for every row: decoder, disassembler and assembler are one table. */

import { fc, test } from "@fast-check/vitest";
import { assemble, Decoder, Disassembler } from "@isovm/decoder";
import { rv32, rv64 } from "@isovm/riscv";
import { describe, expect } from "vitest";
import { rowAndWord } from "./row-words.ts";

const origin = 0x8000_0000n;

describe.each([
  ["rv64", rv64()],
  ["rv32", rv32()],
])("%s", (_, isa) => {
  const decoder = new Decoder(isa);
  const words = fc.array(rowAndWord(isa), { minLength: 20, maxLength: 60 });

  const textsOf = (program: readonly { word: bigint; sizeBytes: number }[], aliases: boolean) => {
    const disassembler = new Disassembler(isa, { aliases });
    let address = origin;
    return program.map(({ word, sizeBytes }) => {
      const decoded = decoder.decode(word, sizeBytes);
      const text = decoded ? disassembler.text(decoded, address) : "illegal";
      address += BigInt(sizeBytes);
      return text;
    });
  };

  const wordsOf = (bytes: Uint8Array): { word: bigint; sizeBytes: number }[] => {
    const found: { word: bigint; sizeBytes: number }[] = [];
    for (let offset = 0; offset < bytes.length; ) {
      const decoded = decoder.decodeBytes(bytes, offset);
      if (!decoded) throw new Error(`no instruction at ${offset}`);
      found.push({ word: decoded.word, sizeBytes: decoded.sizeBytes });
      offset += decoded.sizeBytes;
    }
    return found;
  };

  test.prop([words], { numRuns: 300 })("words are read back from their text", (sample) => {
    const program = sample.map(({ word, row }) => ({ word, sizeBytes: row.sizeBytes }));
    const { bytes } = assemble(isa, textsOf(program, false).join("\n"), { origin });
    expect(wordsOf(bytes)).toEqual(program);
  });

  test.prop([words], { numRuns: 100 })("shorthands mean what they stand for", (sample) => {
    // A shorthand of a compressed instruction is read back as the base instruction: compare those.
    const program = sample
      .filter(({ row }) => row.sizeBytes === 4)
      .map(({ word }) => ({ word, sizeBytes: 4 }));
    const { bytes } = assemble(isa, textsOf(program, true).join("\n"), { origin });
    expect(wordsOf(bytes)).toEqual(program);
  });
});
