/** Numbers of harts on the command line. */
import { UsageError } from "../errors.ts";

const most = 64;

/** A number of harts that a machine can have. @throws UsageError */
export function parseHarts(text: string): number {
  const harts = /^\d+$/.test(text) ? Number(text) : 0;
  if (harts >= 1 && harts <= most) return harts;
  throw new UsageError(`"${text}" is no number of harts: give one from 1 to ${most}`);
}
