/** How long the instruction is that begins in the given bytes. */
import type { Framing } from "@isovm/isa-spec";

/**
 * The length in bytes of an instruction by its first parcel.
 *
 * Undefined if the ISA's rule admits no such instruction, or if it has no rule.
 */
export function lengthOf(framing: Framing, parcel: number): number | undefined {
  // `&` is signed where the mask has bit 31, as `match` may be given unsigned.
  return framing.lengths.find(({ mask, match }) => (parcel & mask) >>> 0 === match >>> 0)
    ?.sizeBytes;
}

/** The unsigned number that `sizeBytes` bytes form, or undefined if the bytes end before. */
export function wordAt(
  bytes: Uint8Array,
  offset: number,
  sizeBytes: number,
  byteOrder: Framing["byteOrder"],
): bigint | undefined {
  if (offset < 0 || offset + sizeBytes > bytes.length) return undefined;
  let word = 0n;
  for (let index = 0; index < sizeBytes; index += 1) {
    const at = byteOrder === "little" ? sizeBytes - 1 - index : index;
    word = (word << 8n) | BigInt(bytes[offset + at] ?? 0);
  }
  return word;
}

/** The bytes of an instruction word in memory order; the inverse of {@link wordAt}. */
export function bytesOf(
  word: bigint,
  sizeBytes: number,
  byteOrder: Framing["byteOrder"],
): Uint8Array {
  const bytes = Uint8Array.from({ length: sizeBytes }, (_, index) =>
    Number(BigInt.asUintN(8, word >> BigInt(8 * index))),
  );
  return byteOrder === "little" ? bytes : bytes.reverse();
}
