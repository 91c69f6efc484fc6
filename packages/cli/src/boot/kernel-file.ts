/**
 * Kernels as distributions ship them: as they are, compressed, or compressed within a program for
 * UEFI ("zboot").
 *
 * @see https://docs.kernel.org/arch/riscv/boot.html, https://docs.kernel.org/arch/arm64/booting.html
 * @see drivers/firmware/efi/libstub/zboot-header.S of Linux
 */
import { gunzipSync } from "node:zlib";
import { InputError } from "../errors.ts";

/** More than any kernel needs: what a few bytes unpack to has an end. */
const mostBytes = 2 ** 28;

/** The kernel in a file, not compressed. @throws InputError */
export function unpackKernel(path: string, bytes: Uint8Array): Uint8Array {
  const payload = zbootPayload(path, bytes);
  if (payload) return unpackKernel(path, payload);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    throw new InputError(`${path}: the compressed kernel is damaged`, { cause: error });
  }
}

/** What a zboot image holds; undefined if the file is none. */
function zbootPayload(path: string, bytes: Uint8Array): Uint8Array | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64));
  if (text.length < 64 || text.toString("latin1", 0, 2) !== "MZ") return undefined;
  if (text.toString("latin1", 4, 8) !== "zimg") return undefined;
  const compression = text.toString("latin1", 24, 56).replace(/\0.*$/s, "");
  if (compression !== "gzip") {
    throw new InputError(`${path}: a kernel compressed with ${compression}; unpack it first`);
  }
  const start = text.readUInt32LE(8);
  const end = start + text.readUInt32LE(12);
  if (end > bytes.length) throw new InputError(`${path}: the kernel is cut off`);
  return bytes.subarray(start, end);
}
