/**
 * Kernels as distributions ship them: as they are, compressed, or compressed within a program for
 * UEFI ("zboot").
 *
 * @see https://docs.kernel.org/arch/riscv/boot.html, https://docs.kernel.org/arch/arm64/booting.html
 * @see drivers/firmware/efi/libstub/zboot-header.S of Linux
 */
import { gunzipSync } from "node:zlib";
import { type ByteSource, byteSource } from "@isovm/abi";
import { InputError } from "../errors.ts";
import { headOf } from "../io/file-source.ts";

/** More than any kernel needs: what a few bytes unpack to has an end. */
const mostBytes = 2 ** 28;

/** The kernel in a file, not compressed. @throws InputError */
export function unpackKernel(path: string, file: ByteSource): ByteSource {
  const head = headOf(file, headBytes);
  const payload = zbootPayload(path, head, file.sizeBytes);
  const [first, second] = payload ? headOf(file, 2, payload.start) : head;
  const isPacked = first === 0x1f && second === 0x8b;
  if (!isPacked && !payload) return file;
  const { start, end } = payload ?? { start: 0, end: file.sizeBytes };
  const bytes = headOf(file, end - start, start);
  if (!isPacked) return byteSource(bytes);
  try {
    return byteSource(gunzipSync(bytes, { maxOutputLength: mostBytes }));
  } catch (error) {
    throw new InputError(`${path}: the compressed kernel is damaged`, { cause: error });
  }
}

const headBytes = 64;

/** Where a zboot image holds its kernel; undefined if the file is none. */
function zbootPayload(
  path: string,
  head: Uint8Array,
  sizeBytes: number,
): { readonly start: number; readonly end: number } | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length);
  if (text.length < headBytes || text.toString("latin1", 0, 2) !== "MZ") return undefined;
  if (text.toString("latin1", 4, 8) !== "zimg") return undefined;
  const compression = text.toString("latin1", 24, 56).replace(/\0.*$/s, "");
  if (compression !== "gzip") {
    throw new InputError(`${path}: a kernel compressed with ${compression}; unpack it first`);
  }
  const start = text.readUInt32LE(8);
  const end = start + text.readUInt32LE(12);
  if (end > sizeBytes) throw new InputError(`${path}: the kernel is cut off`);
  return { start, end };
}
