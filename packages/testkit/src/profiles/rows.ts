/** Finds and encodes rows by mnemonic. */
import { type Instruction, type Isa, IsovmError } from "@isovm/isa-spec";
import { type EncodedInstruction, encodeRow } from "../program/encoded.ts";

/** An ISA lacks a row that a profile builds programs from. */
export class MissingRowError extends IsovmError<{ readonly mnemonic: string }> {}

/**
 * The row of the given mnemonic.
 *
 * @throws MissingRowError if the ISA has none.
 */
export function rowNamed(isa: Isa, mnemonic: string): Instruction {
  const row = isa.instructions.find((candidate) => candidate.mnemonic === mnemonic);
  if (row) return row;
  throw new MissingRowError(`${isa.name} has no instruction ${mnemonic}`, { mnemonic });
}

/** The instruction of the given mnemonic and operands, which may be negative. */
export function encodeNamed(
  isa: Isa,
  mnemonic: string,
  fields: Readonly<Record<string, number>>,
): EncodedInstruction {
  const row = rowNamed(isa, mnemonic);
  const unsigned = Object.entries(fields).map(
    ([name, value]) =>
      [name, BigInt.asUintN(row.operands[name]?.width ?? 0, BigInt(value))] as const,
  );
  return encodeRow(row, Object.fromEntries(unsigned));
}
