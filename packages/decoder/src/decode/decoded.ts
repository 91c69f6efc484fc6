/** What a decoder found. */
import { extractField, type Instruction } from "@isovm/isa-spec";

/** An instruction word and the row that it is an encoding of. */
export class Decoded {
  readonly row: Instruction;
  /** Index of the row in the ISA's `instructions`. */
  readonly rowIndex: number;
  /** The instruction word, as an unsigned number of `sizeBytes` bytes. */
  readonly word: bigint;
  /** Length in bytes of the prefixes that stand before the word. */
  readonly prefixBytes: number;
  private extracted: Readonly<Record<string, bigint>> | undefined;

  constructor(row: Instruction, rowIndex: number, word: bigint, prefixBytes = 0) {
    this.row = row;
    this.rowIndex = rowIndex;
    this.word = word;
    this.prefixBytes = prefixBytes;
  }

  /** Length in bytes, prefixes included. */
  get sizeBytes(): number {
    return this.prefixBytes + this.row.sizeBytes;
  }

  /** The operands' values by name, as unsigned bits; extracted at first use. */
  get fields(): Readonly<Record<string, bigint>> {
    this.extracted ??= Object.fromEntries(
      Object.keys(this.row.operands).map((name) => [
        name,
        extractField(this.row.pattern, name, this.word),
      ]),
    );
    return this.extracted;
  }
}
