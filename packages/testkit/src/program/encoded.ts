/** Instruction words with their length. */
import { type Instruction, insertField } from "@isovm/isa-spec";

/** The operands of a row by name, as unsigned field bits. */
export type Fields = Readonly<Record<string, bigint>>;

/** An instruction as it stands in memory. */
export interface EncodedInstruction {
  /** The instruction's bytes as a number in the byte order of the instruction stream. */
  readonly bits: bigint;
  readonly sizeBytes: number;
}

/** The instruction of a row with the given operands; those not given are zero. */
export function encodeRow(row: Instruction, fields: Fields): EncodedInstruction {
  let bits = row.pattern.match;
  for (const [name, value] of Object.entries(fields)) bits |= insertField(row.pattern, name, value);
  return { bits, sizeBytes: row.sizeBytes };
}

/** The bytes of instructions, one behind the other. */
export function bytesOf(
  instructions: readonly EncodedInstruction[],
  byteOrder: "little" | "big" = "little",
): Uint8Array {
  const bytes = instructions.flatMap(({ bits, sizeBytes }) => {
    const little = Array.from({ length: sizeBytes }, (_, index) =>
      Number((bits >> BigInt(8 * index)) & 0xffn),
    );
    return byteOrder === "little" ? little : little.reverse();
  });
  return Uint8Array.from(bytes);
}
