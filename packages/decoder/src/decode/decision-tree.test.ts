/** The decision tree finds what a linear scan over the rows finds, and is small. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { bigEndianToy, toy } from "../test-isa.ts";
import type { DecisionNode } from "./decision-node.ts";
import { decisionTree } from "./decision-tree.ts";
import { Decoder } from "./decoder.ts";
import { linearScan } from "./linear-scan.ts";
import { lowerToBigInt } from "./lower-tree.ts";

const decoder = new Decoder(toy);
const scan = linearScan(toy, 4);
const longLookup = lowerToBigInt(decisionTree(toy, 4));

const word32 = fc.nat(0xffff_ffff).map(BigInt);

/** Words of a row, and words that differ from them in a bit. */
const neighbour = fc
  .tuple(
    fc.constantFrom(...toy.instructions.filter((row) => row.sizeBytes === 4)),
    word32,
    fc.option(fc.nat(31)),
  )
  .map(([{ pattern }, random, flipped]) => {
    const word = (random & ~pattern.mask) | pattern.match;
    return flipped === null ? word : word ^ (1n << BigInt(flipped));
  });

describe("the decision tree", () => {
  it("is the linear scan on every halfword", () => {
    const scanShort = linearScan(toy, 2);
    for (let word = 0; word < 0x1_0000; word += 1) {
      const found = decoder.decode(word, 2);
      const expected = scanShort(BigInt(word));
      if (found?.row !== expected?.row) expect([word, found?.row]).toEqual([word, expected?.row]);
    }
    expect(decoder.decode(0xffff, 2)).toBeUndefined();
  });

  test.prop([fc.oneof(word32, neighbour)], { numRuns: 5000 })(
    "is the linear scan on words, as numbers and as bigints",
    (word) => {
      const expected = scan(word)?.row.mnemonic;
      expect(decoder.decode(word, 4)?.row.mnemonic).toBe(expected);
      expect(decoder.decode(Number(word), 4)?.row.mnemonic).toBe(expected);
      expect(toy.instructions[longLookup(word)]?.mnemonic).toBe(expected);
    },
  );

  it("takes the more specific of nested rows, and the other one where a guard excludes it", () => {
    expect(decoder.decode(0x0001_1003n)?.row.mnemonic).toBe("fix");
    expect(decoder.decode(0x0000_1003n)?.row.mnemonic).toBe("addi");
    expect(decoder.decode(0x0001_1103n)?.row.mnemonic).toBe("addi");
  });

  it("asks few questions", () => {
    const depths: number[] = [];
    const walk = (node: DecisionNode, depth: number): void => {
      if (node.kind === "switch") for (const child of node.children) walk(child, depth + 1);
      if (node.kind === "test") {
        depths.push(depth);
        walk(node.otherwise, depth + 1);
      }
    };
    walk(decisionTree(toy, 4), 0);
    expect(Math.max(...depths)).toBeLessThanOrEqual(3);
  });
});

describe("the decoder", () => {
  it("extracts fields, split ones in their order", () => {
    const decoded = decoder.decode(0b11_010_1_00001_000_10);
    expect(decoded?.row.mnemonic).toBe("high");
    expect(decoded?.fields).toEqual({ to: 2n, amount: 0b00001_1_000000000000n });
    expect(decoded?.sizeBytes).toBe(2);
  });

  it("finds the length of an instruction in its first parcel", () => {
    expect(decoder.sizeAt(Uint8Array.of(0x02, 0x00))).toBe(2);
    expect(decoder.sizeAt(Uint8Array.of(0x03, 0x00))).toBe(4);
    expect(decoder.sizeAt(Uint8Array.of(0x01, 0x00))).toBeUndefined();
    expect(decoder.sizeAt(Uint8Array.of(0x03))).toBeUndefined();
  });

  it("reads words in the byte order of the ISA", () => {
    const bytes = Uint8Array.of(0x80, 0x31, 0x23, 0x45);
    expect(new Decoder(bigEndianToy).decodeBytes(bytes)?.fields).toEqual({ to: 3n, imm: 0x12345n });
    expect(decoder.decodeBytes(Uint8Array.of(0xff, 0x13, 0xf1, 0xff, 0xff), 1)?.fields).toEqual({
      to: 1n,
      imm: 0xfffffn,
    });
  });

  test.prop([fc.uint8Array({ maxLength: 6 }), fc.integer({ min: -2, max: 8 })])(
    "never throws",
    (bytes, offset) => {
      const decoded = decoder.decodeBytes(bytes, offset);
      if (decoded) expect(offset + decoded.sizeBytes).toBeLessThanOrEqual(bytes.length);
    },
  );
});
