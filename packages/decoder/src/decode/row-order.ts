/** Which rows a decoder looks at, and which of two matching rows is meant. */
import type { Instruction, Isa } from "@isovm/isa-spec";

/** A row with its index in the ISA's `instructions`. */
export interface IndexedRow {
  readonly row: Instruction;
  readonly rowIndex: number;
}

/** Values of the decode context, such as `{ operandSize: 16 }`; a row names those it asks for. */
export type DecodeContext = Readonly<Record<string, number>>;

function appliesIn(row: Instruction, context: DecodeContext): boolean {
  return Object.entries(row.context).every(([name, value]) => context[name] === value);
}

function fixedBits(row: Instruction): number {
  return row.pattern.mask.toString(2).replaceAll("0", "").length;
}

/**
 * The rows of `sizeBytes` that apply in the context, in the order of precedence: where encodings
 * are nested, the row with more fixed bits is the exception to the other and comes first.
 */
export function rowsInOrder(
  isa: Isa,
  sizeBytes: number,
  context: DecodeContext = isa.framing.context ?? {},
): readonly IndexedRow[] {
  return isa.instructions
    .map((row, rowIndex) => ({ row, rowIndex, fixed: fixedBits(row) }))
    .filter(({ row }) => row.sizeBytes === sizeBytes && appliesIn(row, context))
    .sort((a, b) => b.fixed - a.fixed || a.rowIndex - b.rowIndex)
    .map(({ row, rowIndex }) => ({ row, rowIndex }));
}

/** The lengths in bytes that the ISA's rows have, ascending. */
export function rowSizes(isa: Isa): readonly number[] {
  return [...new Set(isa.instructions.map((row) => row.sizeBytes))].sort((a, b) => a - b);
}
