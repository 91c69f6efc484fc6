/** The independent decoder that decision trees are tested against. */
import { type Isa, matches } from "@isovm/isa-spec";
import { Decoded } from "./decoded.ts";
import { type DecodeContext, rowsInOrder } from "./row-order.ts";

/**
 * Looks at one row after the other: slow, and obviously what the rows say.
 *
 * The word has exactly `sizeBytes` bytes.
 */
export function linearScan(
  isa: Isa,
  sizeBytes: number,
  context: DecodeContext = isa.framing.context ?? {},
): (word: bigint) => Decoded | undefined {
  const rows = rowsInOrder(isa, sizeBytes, context);
  return (word) => {
    const found = rows.find(({ row }) => matches(row, word));
    return found && new Decoded(found.row, found.rowIndex, word);
  };
}
