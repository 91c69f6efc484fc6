/** Instruction words made from rows, biased to the corners of their operands. */
import { type Instruction, type Isa, insertField, matches, type Operand } from "@isovm/isa-spec";
import fc from "fast-check";

/** The unsigned bits of an operand: corners, and anything. */
export function operandBits(operand: Operand<unknown>): fc.Arbitrary<bigint> {
  const { width } = operand;
  const all = (1n << BigInt(width)) - 1n;
  return fc.oneof(
    fc.bigInt({ min: 0n, max: all }),
    fc.constantFrom(0n, 1n, all, all >> 1n, (all >> 1n) + 1n),
    fc.nat(width - 1).map((bit) => 1n << BigInt(bit)),
  );
}

/** Words that are encodings of the row: bits without meaning are 0, and no value is excluded. */
export function wordOf(row: Instruction): fc.Arbitrary<bigint> {
  const names = Object.keys(row.operands);
  return fc
    .tuple(...Object.values(row.operands).map(operandBits))
    .map((values) =>
      values.reduce(
        (word, value, index) => word | insertField(row.pattern, names[index] ?? "", value),
        row.pattern.match,
      ),
    )
    .filter((word) => matches(row, word));
}

/** A row of the ISA and a word of it. */
export function rowAndWord(isa: Isa): fc.Arbitrary<{ row: Instruction; word: bigint }> {
  return fc
    .constantFrom(...isa.instructions)
    .chain((row) => wordOf(row).map((word) => ({ row, word })));
}
