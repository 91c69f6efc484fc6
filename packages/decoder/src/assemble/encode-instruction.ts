/** Resolved instructions into bytes. */
import type { Instruction, Isa } from "@isovm/isa-spec";
import { bytesOf, prefixesOf } from "../decode/framing.ts";
import { encode, fieldBits, OperandRangeError } from "../syntax/encode.ts";
import { ExpressionError } from "../syntax/evaluate.ts";
import type { AssemblyExpression } from "../syntax/expression.ts";
import type { OperandSource } from "../syntax/parse-operands.ts";
import { AssemblySyntaxError } from "../syntax/token-cursor.ts";
import type { ResolvedInstruction } from "./resolve.ts";

/** Where an instruction stands, and what its expressions mean there. */
export interface EncodingContext {
  readonly isa: Isa;
  readonly here: bigint;
  readonly evaluate: (expression: AssemblyExpression) => bigint;
}

/**
 * The bytes of an instruction in memory order.
 *
 * @throws AssemblySyntaxError or ExpressionError if an operand has no value or no encoding.
 */
export function encodeInstruction(
  { form, sources, column }: ResolvedInstruction,
  context: EncodingContext,
): Uint8Array {
  const { row } = form;
  const fields: Record<string, bigint> = {};
  for (const [name, source] of Object.entries(sources)) {
    fields[name] = fieldOf(row, name, source, context, column);
  }
  const { framing } = context.isa;
  const word = bytesOf(encode(row, fields), row.sizeBytes, framing.byteOrder);
  const prefixes = prefixesOf(framing, row);
  return prefixes.length === 0 ? word : Uint8Array.of(...prefixes, ...word);
}

function fieldOf(
  row: Instruction,
  name: string,
  source: OperandSource,
  context: EncodingContext,
  column: number,
): bigint {
  if (source.kind === "hole") return 0n;
  try {
    if (source.kind === "bits") return fieldBits(row, name, source.value);
    const value = context.evaluate(source.expression);
    const isTarget = row.operands[name]?.text.kind === "target";
    const distance = BigInt.asIntN(context.isa.addressWidth, value - context.here);
    return fieldBits(row, name, isTarget ? distance : value);
  } catch (error) {
    // Inside of an expansion columns mean nothing to the reader: the statement itself is shown.
    const inStatement = column >= 0;
    if (error instanceof OperandRangeError) {
      throw new AssemblySyntaxError(`${row.mnemonic}: ${name}: ${error.message}`, {
        column: inStatement ? column + source.column : 0,
      });
    }
    if (error instanceof ExpressionError) {
      throw error.movedBy(inStatement ? column : -error.data.column);
    }
    throw error;
  }
}
