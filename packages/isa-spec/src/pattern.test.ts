/** Patterns: parsing, and fields as bijections. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, it } from "vitest";
import { SpecificationError } from "./errors.ts";
import {
  encodedBits,
  extractField,
  type FieldNames,
  insertField,
  type Pattern,
  parsePattern,
} from "./pattern.ts";

describe("a pattern", () => {
  it("has fixed bits, ignored bits and fields, highest bit first", () => {
    const pattern = parsePattern("01- a:3 1");
    expect(pattern).toMatchObject({
      width: 7,
      mask: 0b1100001n,
      match: 0b0100001n,
      ignored: 0b0010000n,
    });
    expect(pattern.pieces).toEqual([{ field: "a", wordLow: 1, fieldLow: 0, width: 3 }]);
  });

  it("has fields in pieces, anywhere, with holes", () => {
    const pattern = parsePattern("imm[12|10:5] 00 imm[4:1|11] -");
    expect(pattern.width).toBe(15);
    expect(pattern.pieces).toEqual([
      { field: "imm", wordLow: 14, fieldLow: 12, width: 1 },
      { field: "imm", wordLow: 8, fieldLow: 5, width: 6 },
      { field: "imm", wordLow: 2, fieldLow: 1, width: 4 },
      { field: "imm", wordLow: 1, fieldLow: 11, width: 1 },
    ]);
    expect(encodedBits(pattern, "imm")).toBe(0x1ffen);
    expect(pattern.ignored).toBe(1n);
  });

  it("may be longer than a machine's words", () => {
    const pattern = parsePattern("opcode:8 imm[7:0|15:8|23:16|31:24|39:32|47:40|55:48|63:56]");
    expect(pattern.width).toBe(72);
    const word = 0x68_1122_3344_5566_7788n;
    expect(extractField(pattern, "imm", word)).toBe(0x8877_6655_4433_2211n);
    expect(extractField(pattern, "opcode", word)).toBe(0x68n);
  });

  it.each([
    ["12", '"12" is no token'],
    ["a", '"a" is no token'],
    ["a:", '"a:" is no token'],
    ["1a:3", '"1a:3" is no token'],
    ["a[0:3]", '"a[0:3]" is no token'],
    ["a[]", '"a[]" is no token'],
    ["a[3:0] a[3]", "a bit of a stands twice"],
    ["a:4 a:4", "a bit of a stands twice"],
    ["a[3:2|2:0]", "a bit of a stands twice"],
  ])("%s is none", (text, message) => {
    expect(() => parsePattern(text)).toThrow(SpecificationError);
    expect(() => parsePattern(text)).toThrow(message);
  });

  it("names its fields to the compiler", () => {
    expectTypeOf<FieldNames<"imm[12|10:5] rs2:5 rs1:5 000 - imm[4:1|11] 1100011">>().toEqualTypeOf<
      "imm" | "rs1" | "rs2"
    >();
    expectTypeOf<FieldNames<"0000">>().toEqualTypeOf<never>();
    expectTypeOf<FieldNames<string>>().toEqualTypeOf<string>();
  });
});

/** Patterns of some fields whose pieces are shuffled over the word. */
const patterns: fc.Arbitrary<Pattern> = fc
  .array(fc.tuple(fc.constantFrom("a", "b", "c", "0", "1", "-"), fc.integer({ min: 1, max: 9 })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => {
    const next: Record<string, number> = {};
    const tokens = parts.map(([kind, width]) => {
      if (kind === "0" || kind === "1" || kind === "-") return kind.repeat(width);
      const low = next[kind] ?? 0;
      next[kind] = low + width;
      return width === 1 ? `${kind}[${low}]` : `${kind}[${low + width - 1}:${low}]`;
    });
    return parsePattern(tokens.join(" "));
  });

describe("fields", () => {
  test.prop([patterns, fc.bigInt(0n, 2n ** 108n), fc.bigInt(0n, 2n ** 108n)])(
    "invert each other, and don't touch other bits",
    (pattern, a, word) => {
      const all = (1n << BigInt(pattern.width)) - 1n;
      for (const field of ["a", "b", "c"]) {
        const bits = encodedBits(pattern, field);
        const value = a & bits;
        const inserted = insertField(pattern, field, value);
        expect(extractField(pattern, field, inserted)).toBe(value);
        expect(inserted & pattern.mask).toBe(0n);
        expect(inserted & pattern.ignored).toBe(0n);
        expect(extractField(pattern, field, word & all) & ~bits).toBe(0n);
      }
      const parts = ["a", "b", "c"].map((field) =>
        insertField(pattern, field, extractField(pattern, field, word & all)),
      );
      const rest = word & (pattern.mask | pattern.ignored);
      expect(parts.reduce((sum, part) => sum | part, rest)).toBe(word & all);
    },
  );
});
