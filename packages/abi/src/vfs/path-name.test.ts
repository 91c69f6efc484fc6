import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePath, encodePath, isLongerThan } from "./path-name.ts";

describe("path names", () => {
  it("survive the way from bytes to a string and back", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.array(fc.constantFrom(0x61, 0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xed, 0xa0, 0x80, 0xf0, 0xff), {
        maxLength: 12,
      }),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        const name = Uint8Array.from(some);
        expect(encodePath(decodePath(name))).toEqual(name);
      }),
    );
  });

  it("read as UTF-8 where they are UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(decodePath(new TextEncoder().encode(text))).toBe(text);
      }),
    );
    expect(decodePath(Uint8Array.of(0x61, 0xff))).toBe("a\udcff");
    expect(decodePath(Uint8Array.of(0xed, 0xb3, 0xbf))).toBe("\udced\udcb3\udcbf");
  });

  it("are measured in bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(30), (text, limit) => {
        expect(isLongerThan(text, limit)).toBe(encodePath(text).length > limit);
      }),
    );
  });
});
