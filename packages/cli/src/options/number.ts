/** Numbers on the command line. */
import { UsageError } from "../errors.ts";

/**
 * An address: decimal, or hexadecimal behind `0x`.
 *
 * @throws UsageError
 */
export function parseAddress(text: string): bigint {
  const digits = text.replaceAll("_", "");
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(digits)) {
    throw new UsageError(`"${text}" is no address: give a number such as 0x10000`);
  }
  return BigInt(digits);
}
