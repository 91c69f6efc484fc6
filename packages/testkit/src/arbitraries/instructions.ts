/** Instruction words: of a given row, of any row, and near misses. */
import type { Instruction, Isa } from "@isovm/isa-spec";
import fc from "fast-check";
import { type EncodedInstruction, encodeRow } from "../program/encoded.ts";
import { type OperandRules, operands } from "./operands.ts";

/**
 * Instructions of a row, with operands biased to corner cases.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Decoder } from "@isovm/decoder";
 * import { rv64 } from "@isovm/riscv";
 * import { instructionWords } from "@isovm/testkit";
 * import fc from "fast-check";
 *
 * const isa = rv64();
 * const decoder = new Decoder(isa);
 * for (const row of isa.instructions) {
 *   fc.assert(
 *     fc.property(instructionWords(row), ({ bits, sizeBytes }) => {
 *       assert.notEqual(decoder.decode(bits, sizeBytes), undefined);
 *     }),
 *     { numRuns: 3 },
 *   );
 * }
 * ```
 */
export function instructionWords(
  row: Instruction,
  rules: OperandRules = {},
): fc.Arbitrary<EncodedInstruction> {
  return operands(row, rules).map((fields) => encodeRow(row, fields));
}

/**
 * Words that are no instruction, or hardly one: instructions with one or two bits flipped, and any
 * bits, of all lengths that the ISA has.
 */
export function nearMisses(isa: Isa): fc.Arbitrary<EncodedInstruction> {
  const sizes = [...new Set(isa.instructions.map((row) => row.sizeBytes))];
  const flipped = fc
    .constantFrom(...isa.instructions)
    .chain((row) =>
      fc.tuple(
        instructionWords(row),
        fc.uniqueArray(fc.nat({ max: 8 * row.sizeBytes - 1 }), { minLength: 1, maxLength: 2 }),
      ),
    )
    .map(([{ bits, sizeBytes }, positions]) => ({
      bits: positions.reduce((word, position) => word ^ (1n << BigInt(position)), bits),
      sizeBytes,
    }));
  const any = fc
    .constantFrom(...sizes)
    .chain((sizeBytes) =>
      fc
        .bigInt({ min: 0n, max: (1n << BigInt(8 * sizeBytes)) - 1n })
        .map((bits): EncodedInstruction => ({ bits, sizeBytes })),
    );
  return fc.oneof({ arbitrary: flipped, weight: 3 }, any);
}
