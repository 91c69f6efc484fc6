/** Specialised instructions by instruction word, made once and kept. */
import { extractField, type FieldPiece, type Instruction, type Isa } from "@isovm/isa-spec";
import { type SpecialisedInstruction, specialise } from "./specialise.ts";

/** Instructions kept at most; programs of a few megabytes have fewer different ones. */
const capacity = 1 << 16;

/** Gives the instruction of a row that a word is. */
export type Specialiser = (
  /** The row, or its index in the ISA's list. */
  row: Instruction | number,
  /** The instruction word, without prefixes; it matches the row. */
  word: bigint | number,
) => SpecialisedInstruction;

/** A specialiser of an ISA's instructions with a cache of its own. */
export function specialiser(isa: Isa): Specialiser {
  const byRow = new Map<Instruction, Map<bigint | number, SpecialisedInstruction>>();
  const readers = new Map<Instruction, FieldReader>();
  let count = 0;
  return (rowOrIndex, word) => {
    const row = typeof rowOrIndex === "number" ? isa.instructions[rowOrIndex] : rowOrIndex;
    if (!row) throw new RangeError(`${isa.name} has no row ${rowOrIndex}`);
    let known = byRow.get(row);
    if (!known) {
      known = new Map();
      byRow.set(row, known);
    }
    const key = typeof word === "number" ? word | 0 : keyOf(word);
    const found = known.get(key);
    if (found) return found;
    if (count >= capacity) {
      for (const map of byRow.values()) map.clear();
      count = 0;
    }
    let reader = readers.get(row);
    if (!reader) {
      reader = new FieldReader(row);
      readers.set(row, reader);
    }
    reader.word = key;
    const made = specialise(row, isa.layout, reader.field);
    known.set(key, made);
    count += 1;
    return made;
  };
}

/** Words of up to 32 bits are numbers, so that a word has one key. */
function keyOf(word: bigint): bigint | number {
  return word < 0x1_0000_0000n ? Number(word) | 0 : word;
}

/** Extracts fields from words of a row, by numbers where they suffice: bigints are slow. */
class FieldReader {
  word: bigint | number = 0;
  private readonly row: Instruction;
  private readonly pieces = new Map<string, readonly FieldPiece[]>();

  constructor(row: Instruction) {
    this.row = row;
    for (const name of Object.keys(row.operands)) {
      const pieces = row.pattern.pieces.filter(({ field }) => field === name);
      if (pieces.every(({ fieldLow, width }) => fieldLow + width <= 31)) {
        this.pieces.set(name, pieces);
      }
    }
  }

  readonly field = (name: string): bigint => {
    const { word } = this;
    const pieces = this.pieces.get(name);
    if (typeof word === "bigint" || !pieces) {
      return extractField(
        this.row.pattern,
        name,
        typeof word === "bigint" ? word : BigInt(word >>> 0),
      );
    }
    let value = 0;
    for (const { wordLow, fieldLow, width } of pieces) {
      if (wordLow < 32) value |= ((word >>> wordLow) & (2 ** width - 1)) << fieldLow;
    }
    return BigInt(value);
  };
}
