import { gzipSync } from "node:zlib";
import { byteSource } from "@isovm/abi";
import { expect, it } from "vitest";
import { headOf } from "../io/file-source.ts";
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

function unpacked(bytes: Uint8Array): Uint8Array {
  const source = unpackKernel("k", byteSource(bytes));
  return headOf(source, source.sizeBytes);
}

it("leaves a kernel alone that isn't compressed", () => {
  const source = byteSource(kernel);
  expect(unpackKernel("k", source)).toBe(source);
});

it("unpacks gzip, and gzip in a program for UEFI", () => {
  const packed = gzipSync(kernel);
  expect(unpacked(packed)).toEqual(kernel);
  expect(unpacked(zboot(packed, "gzip"))).toEqual(kernel);
});

it.each([
  [gzipSync(kernel).subarray(0, 20), "k: the compressed kernel is damaged"],
  [zboot(kernel, "zstd"), "k: a kernel compressed with zstd; unpack it first"],
  [zboot(gzipSync(kernel), "gzip").subarray(0, 80), "k: the kernel is cut off"],
])("says what is wrong: %#", (bytes, message) => {
  expect(() => unpacked(bytes)).toThrow(message);
});
