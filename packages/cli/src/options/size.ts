/** Sizes on the command line: `512M`. */
import { UsageError } from "../errors.ts";

const units: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/**
 * A size in bytes: a number with an optional unit K, M or G (powers of 1024; `MiB`, `MB` and small
 * letters are understood).
 *
 * @throws UsageError
 */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMG]?)(?:i?B)?$/i.exec(text);
  const unit = units[(match?.[2] ?? "").toUpperCase()];
  const size = Math.floor(Number(match?.[1]) * (unit ?? Number.NaN));
  if (!Number.isSafeInteger(size) || size === 0) {
    throw new UsageError(`"${text}" is no size: give a number with K, M or G, such as 512M`);
  }
  return size;
}

/** A guest's memory lies in one WebAssembly memory. */
const largestMemoryBytes = 2 ** 32;

/**
 * A size in bytes that a guest's memory can have.
 *
 * @throws UsageError
 */
export function parseMemorySize(text: string): number {
  const size = parseSize(text);
  if (size > largestMemoryBytes) {
    throw new UsageError(`"${text}" is more memory than a guest can have, which is 4G`);
  }
  return size;
}
