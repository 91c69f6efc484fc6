import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { unpackKernel } from "./kernel-file.ts";

const kernel = new TextEncoder().encode("a kernel");

function zboot(payload: Uint8Array, compression: string): Uint8Array {
  const bytes = Buffer.alloc(64 + payload.length);
  bytes.write("MZ\0\0zimg", 0, "latin1");
  bytes.writeUInt32LE(64, 8);
  bytes.writeUInt32LE(payload.length, 12);
  bytes.write(compression, 24, "latin1");
  bytes.set(payload, 64);
  return bytes;
}

it("leaves a kernel alone that isn't compressed", () => {
  expect(unpackKernel("k", kernel)).toBe(kernel);
});

it("unpacks gzip, and gzip in a program for UEFI", () => {
  const packed = gzipSync(kernel);
  expect(unpackKernel("k", packed)).toEqual(Buffer.from(kernel));
  expect(unpackKernel("k", zboot(packed, "gzip"))).toEqual(Buffer.from(kernel));
});

it.each([
  [gzipSync(kernel).subarray(0, 20), "k: the compressed kernel is damaged"],
  [zboot(kernel, "zstd"), "k: a kernel compressed with zstd; unpack it first"],
  [zboot(gzipSync(kernel), "gzip").subarray(0, 80), "k: the kernel is cut off"],
])("says what is wrong: %#", (bytes, message) => {
  expect(() => unpackKernel("k", bytes)).toThrow(message);
});
