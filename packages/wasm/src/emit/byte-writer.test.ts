import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(1);
  write(writer);
  return writer.toBytes();
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Signed LEB128 by its definition, over BigInt. */
function signedLeb(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    const last = rest >> 6n === 0n || rest >> 6n === -1n;
    bytes.push(last ? low : low | 0x80);
    if (last) return Uint8Array.from(bytes);
  }
}

/** Integers whose magnitudes are spread over all lengths. */
const int64 = fc
  .tuple(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.integer({ min: 0, max: 63 }))
  .map(([value, shift]) => value >> BigInt(shift));
const safeInteger = fc
  .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 52 }))
  .map(([value, shift]) => Math.trunc(value / 2 ** shift));

describe("LEB128", () => {
  test.prop([fc.integer({ min: 0, max: 0xffff_ffff })])("u32 reads back", (value) => {
    expect(new ByteReader(written((writer) => writer.u32(value))).u32()).toBe(value);
  });

  test.prop([fc.integer()])("s32 is minimal and reads back", (value) => {
    const bytes = written((writer) => writer.s32(value));
    expect(bytes).toEqual(signedLeb(BigInt(value)));
    expect(new ByteReader(bytes).s33()).toBe(value);
  });

  test.prop([int64])("s64 of a bigint is minimal and reads back", (value) => {
    const bytes = written((writer) => writer.s64(value));
    expect(bytes).toEqual(signedLeb(value));
    expect(new ByteReader(bytes).s64()).toBe(value);
  });

  test.prop([int64])("s64 takes the unsigned reading of a value as well", (value) => {
    const unsigned = BigInt.asUintN(64, value);
    expect(written((writer) => writer.s64(unsigned))).toEqual(signedLeb(value));
  });

  test.prop([safeInteger])("s64 of a number is s64 of the bigint", (value) => {
    expect(written((writer) => writer.s64(value))).toEqual(signedLeb(BigInt(value)));
  });

  it.each([
    [0, "00"],
    [63, "3f"],
    [64, "c000"],
    [-64, "40"],
    [-65, "bf7f"],
    [0x7fff_ffff, "ffffffff07"],
    [-0x8000_0000, "8080808078"],
    [0x8000_0000, "8080808008"],
    [0xffff_ffff, "ffffffff0f"],
    [Number.MAX_SAFE_INTEGER, "ffffffffffffff0f"],
    [Number.MIN_SAFE_INTEGER, "8180808080808070"],
  ])("s64(%d) is %s", (value, expected) => {
    expect(hex(written((writer) => writer.s64(value)))).toBe(expected);
  });

  it("s64 refuses what it cannot represent", () => {
    const writer = new ByteWriter();
    for (const value of [2 ** 53, 2 ** 63, 0.5, Number.NaN, 2n ** 64n, -(2n ** 63n) - 1n]) {
      expect(() => writer.s64(value)).toThrow(/safe integer|64 bits/);
    }
  });
});

describe("floating point", () => {
  test.prop([fc.double()])("f64 reads back", (value) => {
    expect(new ByteReader(written((writer) => writer.f64(value))).f64()).toBe(value);
  });

  test.prop([fc.float()])("f32 reads back", (value) => {
    expect(new ByteReader(written((writer) => writer.f32(value))).f32()).toBe(value);
  });

  it("writes the canonical NaN", () => {
    expect(hex(written((writer) => writer.f32(Number.NaN)))).toBe("0000c07f");
    expect(hex(written((writer) => writer.f64(Number.NaN)))).toBe("000000000000f87f");
  });
});

describe("a writer", () => {
  test.prop([fc.array(fc.uint8Array({ maxLength: 100 }))])("keeps what is appended", (chunks) => {
    const bytes = written((writer) => {
      for (const chunk of chunks) writer.bytes(chunk);
    });
    expect(hex(bytes)).toBe(chunks.map(hex).join(""));
  });

  it("writes names in UTF-8, length first", () => {
    expect(hex(written((writer) => writer.name("é✓")))).toBe("05c3a9e29c93");
  });
});
