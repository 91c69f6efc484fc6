/** 32-bit words: the decision tree against a linear scan over the rows. */

import { fc, test } from "@fast-check/vitest";
import { Decoder, linearScan } from "@isovm/decoder";
import { rv32, rv64 } from "@isovm/riscv";
import { describe, expect } from "vitest";
import { rowAndWord } from "./row-words.ts";

describe.each([
  ["rv64", rv64()],
  ["rv32", rv32()],
])("words of %s", (_, isa) => {
  const decoder = new Decoder(isa);
  const scan = linearScan(isa, 4);
  const word = fc.oneof(
    fc.nat(0xffff_ffff).map((bits) => BigInt(bits) | 3n),
    rowAndWord(isa).map(({ word }) => word),
    fc.tuple(rowAndWord(isa), fc.nat(31)).map(([{ word }, bit]) => word ^ (1n << BigInt(bit))),
  );

  test.prop([word], { numRuns: 20_000 })("are decoded as a linear scan finds them", (bits) => {
    expect(decoder.decode(bits, 4)?.rowIndex).toBe(scan(bits)?.rowIndex);
  });

  test.prop([fc.uint8Array({ maxLength: 8 }), fc.nat(8)])("never throw", (bytes, offset) => {
    decoder.decodeBytes(bytes, offset);
  });
});
