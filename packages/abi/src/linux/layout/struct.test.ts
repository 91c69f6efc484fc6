import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { statfsStruct, statStruct, statxStruct } from "./file-structures.ts";
import { rusageStruct } from "./process-structures.ts";
import type { DataModel } from "./struct.ts";
import { struct } from "./struct.ts";
import { itimerspecStruct, timespecStruct } from "./time-structures.ts";

const lp64: DataModel = { wordBytes: 8, littleEndian: true, longLongAlignment: 8 };
const ilp32: DataModel = { wordBytes: 4, littleEndian: true, longLongAlignment: 8 };
const i386: DataModel = { wordBytes: 4, littleEndian: true, longLongAlignment: 4 };

describe("structure layouts", () => {
  it("have the sizes and offsets that C compilers give them", () => {
    expect(statStruct.sizeOf(lp64)).toBe(128);
    expect(statStruct.offsetOf(lp64, "size")).toBe(48);
    expect(statxStruct.sizeOf(lp64)).toBe(256);
    expect(statxStruct.sizeOf(ilp32)).toBe(256);
    expect(statxStruct.offsetOf(ilp32, "mtime")).toBe(112);
    expect(statfsStruct.sizeOf(lp64)).toBe(120);
    expect(statfsStruct.sizeOf(ilp32)).toBe(88);
    expect(rusageStruct.sizeOf(lp64)).toBe(144);
    expect(rusageStruct.sizeOf(ilp32)).toBe(72);
    expect(timespecStruct.sizeOf(ilp32)).toBe(16);
    expect(itimerspecStruct.sizeOf(lp64)).toBe(32);
  });

  it("align 64-bit integers as the data model says", () => {
    const mixed = struct({ small: "u8", large: "u64" });
    expect(mixed.sizeOf(ilp32)).toBe(16);
    expect(mixed.sizeOf(i386)).toBe(12);
  });

  it("read back what they wrote, in every data model", () => {
    const all = struct({
      a: "u8",
      b: "i16",
      c: "u32",
      d: "i64",
      e: "bits",
      f: struct({ x: "i32", y: "pointer" }),
      g: { bytes: 5 },
    });
    const word = fc.bigInt({ min: 0n, max: 0xffff_ffffn });
    fc.assert(
      fc.property(
        fc.constantFrom(lp64, ilp32, i386, { ...lp64, littleEndian: false }),
        fc.record({
          a: fc.integer({ min: 0, max: 255 }),
          b: fc.integer({ min: -32768, max: 32767 }),
          c: fc.integer({ min: 0, max: 0xffff_ffff }),
          d: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
          e: word,
          f: fc.record({
            x: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
            y: fc.integer({ min: 0, max: 0xffff_ffff }),
          }),
          g: fc.uint8Array({ minLength: 5, maxLength: 5 }),
        }),
        (model, value) => {
          expect(all.decode(model, all.encode(model, value))).toEqual(value);
        },
      ),
    );
  });
});
