/** Operand values into instruction words. */
import {
  encodedBits,
  type Instruction,
  IsovmError,
  insertField,
  type Operand,
  type OperandText,
} from "@isovm/isa-spec";

/** An operand's value has no encoding. */
export class OperandRangeError extends IsovmError<{
  readonly operand: string;
  readonly value: bigint;
  readonly expected: string;
}> {}

/**
 * The unsigned bits of an operand's field for a value as it stands in assembly text; for a target,
 * the distance.
 *
 * @throws OperandRangeError if the value has no encoding.
 */
export function fieldBits(row: Instruction, name: string, value: bigint): bigint {
  const operand = row.operands[name];
  const bits = operand && bitsOf(operand, value);
  const encoded = encodedBits(row.pattern, name);
  if (bits === undefined || (bits & ~encoded) !== 0n || operand?.excluded.includes(bits)) {
    const expected = operand ? rangeText(operand, encoded) : "an operand";
    throw new OperandRangeError(`${value} is not ${expected}`, { operand: name, value, expected });
  }
  return bits;
}

function bitsOf({ text, width }: Operand<unknown>, given: bigint): bigint | undefined {
  const value = given - originOf(text);
  const unsigned = BigInt.asUintN(width, value);
  const isSigned = text.kind === "target" || (text.kind === "integer" && text.signed);
  if (!isSigned) return unsigned === value ? unsigned : undefined;
  if (BigInt.asIntN(width, value) === value) return unsigned;
  const printWidth = text.kind === "integer" ? text.printWidth : undefined;
  if (printWidth === undefined || BigInt.asUintN(printWidth, value) !== value) return undefined;
  const signed = BigInt.asIntN(printWidth, value);
  return BigInt.asIntN(width, signed) === signed ? unsigned : undefined;
}

/** What the encoding of a target counts from, as a distance from the instruction. */
function originOf(text: OperandText): bigint {
  return text.kind === "target" ? BigInt(text.from ?? 0) : 0n;
}

/** What values an operand can have, for error messages. */
export function rangeText({ text, width, excluded }: Operand<unknown>, encoded: bigint): string {
  const isSigned = text.kind === "target" || (text.kind === "integer" && text.signed);
  const step = encoded & -encoded;
  const low = isSigned && (encoded >> BigInt(width - 1)) & 1n ? -(1n << BigInt(width - 1)) : 0n;
  const high = isSigned ? BigInt.asIntN(width, encoded & ~(1n << BigInt(width - 1))) : encoded;
  const what = text.kind === "target" ? "a distance" : "a number";
  const multiple = step > 1n ? `, a multiple of ${step}` : "";
  const others = excluded.map((value) => (isSigned ? BigInt.asIntN(width, value) : value));
  const but = others.length === 0 ? "" : `, but not ${others.join(" or ")}`;
  const origin = originOf(text);
  return `${what} from ${low + origin} to ${high + origin}${multiple}${but}`;
}

/** The instruction word of a row with the given fields, as unsigned bits. */
export function encode(row: Instruction, fields: Readonly<Record<string, bigint>>): bigint {
  let word = row.pattern.match;
  for (const [name, bits] of Object.entries(fields)) {
    word |= insertField(row.pattern, name, bits);
  }
  return word;
}
