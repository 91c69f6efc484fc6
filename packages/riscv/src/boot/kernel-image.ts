/**
 * The header of a RISC-V Linux kernel `Image`.
 *
 * @see https://www.kernel.org/doc/html/latest/arch/riscv/boot-image-header.html
 */
import { IsovmError } from "@isovm/isa-spec";

/** Bytes are no kernel that a RISC-V machine can boot; the message is one line that says why. */
export class KernelImageError extends IsovmError<{ readonly sizeBytes: number }> {}

/** What the header of a kernel image says. */
export interface KernelImage {
  /** Where the image lies behind the beginning of RAM, in bytes. */
  readonly offset: number;
  /** Bytes of memory that the kernel takes from there, uninitialized data included. */
  readonly memoryBytes: number;
}

const headerBytes = 64;
/** "RSC\x05", little-endian. */
const magic = 0x05435352;
const magicOffset = 0x38;
/** Bit 0 of the flags. */
const bigEndian = 1n;

/** What other kernels have at some offset. */
const others: readonly (readonly [offset: number, bytes: string, what: string])[] = [
  [0, "\x7fELF", "an ELF file; give the kernel's Image"],
  [0, "\x1f\x8b", "compressed (gzip)"],
  [0, "\x28\xb5\x2f\xfd", "compressed (zstd)"],
  [4, "zimg", "compressed (an EFI zboot image)"],
  [0x38, "ARM\x64", "a kernel for arm64"],
  [0x202, "HdrS", "a kernel for x86"],
  [0x38, "RSCV", "a kernel with a header of another version"],
];

/**
 * What the header of a flat, uncompressed kernel image says: of all its bytes, or of the first ones
 * (a page has the headers) of an image of `sizeBytes`.
 *
 * @throws KernelImageError
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { kernelImage } from "@isovm/riscv";
 *
 * assert.throws(() => kernelImage(new Uint8Array(4096)), { name: "KernelImageError" });
 * ```
 */
export function kernelImage(bytes: Uint8Array, sizeBytes: number = bytes.length): KernelImage {
  const fail = (what: string): never => {
    throw new KernelImageError(`not a RISC-V Linux kernel: ${what}`, { sizeBytes });
  };
  if (bytes.length < headerBytes) fail("it is too short for a header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(magicOffset, true) !== magic) {
    const other = others.find(([offset, text]) => hasText(bytes, offset, text));
    return fail(other ? `it is ${other[2]}` : "it has no such header");
  }
  const offset = Number(view.getBigUint64(8, true));
  const memoryBytes = Number(view.getBigUint64(16, true));
  if (view.getBigUint64(24, true) & bigEndian) fail("it is big-endian");
  if (memoryBytes < 1 || !Number.isSafeInteger(memoryBytes) || !Number.isSafeInteger(offset)) {
    fail("its header is damaged");
  }
  // The file ends where initialized data does; debug information may follow in some builds.
  const peBytes = initializedBytes(view);
  if (sizeBytes < peBytes) fail(`it is cut off, ${sizeBytes} bytes of ${peBytes}`);
  return { offset, memoryBytes: Math.max(memoryBytes, sizeBytes) };
}

/**
 * Bytes that the file has to have: the ends of the sections that the header for UEFI lists, where
 * the kernel has one. (Microsoft PE Format, "COFF File Header" and "Section Table".)
 */
function initializedBytes(view: DataView): number {
  const pe = view.getUint32(0x3c, true);
  const isPe = pe + 24 <= view.byteLength && view.getUint32(pe, true) === 0x4550;
  if (view.getUint16(0, true) !== 0x5a4d || !isPe) return headerBytes;
  const sections = view.getUint16(pe + 6, true);
  const table = pe + 24 + view.getUint16(pe + 20, true);
  let end = headerBytes;
  for (let at = table; at < table + 40 * sections && at + 40 <= view.byteLength; at += 40) {
    end = Math.max(end, view.getUint32(at + 16, true) + view.getUint32(at + 20, true));
  }
  return end;
}

function hasText(bytes: Uint8Array, offset: number, text: string): boolean {
  return [...text].every((character, index) => bytes[offset + index] === character.charCodeAt(0));
}
