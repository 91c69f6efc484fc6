/** Counts on the command line: `1e9`, `2_000_000`, `50M`. */
import { UsageError } from "../errors.ts";

const units: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9 };

/**
 * A number of instructions, with an optional unit k, M or G (powers of 1000).
 *
 * @throws UsageError
 */
export function parseCount(text: string): number {
  const match = /^(\d[\d_]*(?:\.\d+)?(?:e\d+)?)([kMG]?)$/.exec(text);
  const count = Math.floor(
    Number(match?.[1]?.replaceAll("_", "")) * (units[match?.[2] ?? ""] ?? Number.NaN),
  );
  if (!Number.isSafeInteger(count) || count === 0) {
    throw new UsageError(`"${text}" is no number of instructions: give one such as 500000 or 50M`);
  }
  return count;
}
