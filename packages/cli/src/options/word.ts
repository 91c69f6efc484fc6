/** Instruction words on the command line. */
import { UsageError } from "../errors.ts";

const largestWordBits = 128;

/** Whether a text looks like a number. */
export function isNumber(text: string): boolean {
  return /^(0x[0-9a-f_]+|0b[01_]+|\d[\d_]*)$/i.test(text);
}

/**
 * An instruction word: hexadecimal behind `0x`, binary behind `0b`, or decimal.
 *
 * @throws UsageError
 */
export function parseWord(text: string): bigint {
  const word = isNumber(text) ? BigInt(text.replaceAll("_", "")) : -1n;
  if (word < 0n || word >> BigInt(largestWordBits) !== 0n) {
    throw new UsageError(`"${text}" is no instruction word: give a number such as 0x00310113`);
  }
  return word;
}
