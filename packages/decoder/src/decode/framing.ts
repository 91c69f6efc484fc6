/** How long the instruction is that begins in the given bytes. */
import { type Framing, type Instruction, SpecificationError } from "@isovm/isa-spec";

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

/**
 * The prefixes in memory order that a row needs in front of it to be decoded as that row.
 *
 * @throws SpecificationError if none gives the context that the row asks for.
 */
export function prefixesOf(framing: Framing, row: Instruction): Uint8Array {
  const parcels = Object.entries(row.context)
    .filter(([name, value]) => framing.context?.[name] !== value)
    .map(([name, value]) => {
      const prefix = framing.prefixes?.find(({ sets }) => sets[name] === value);
      if (prefix) return bytesOf(BigInt(prefix.match), framing.parcelBytes, framing.byteOrder);
      throw new SpecificationError(`no prefix makes ${name} ${value} for ${row.mnemonic}`, {
        subject: row.mnemonic,
      });
    });
  return Uint8Array.from(parcels.flatMap((parcel) => [...parcel]));
}
