/** Overlaps of encodings: two rows must be disjoint, or one a special case of the other. */
import type { Instruction } from "../instruction.ts";
import type { Pattern } from "../pattern.ts";
import type { LintFinding } from "./finding.ts";

/** What of a row says which words it is. */
export type Encoding = Pick<Instruction, "pattern" | "operands" | "context">;

/** A set of words: those whose bits under `mask` are `match`. */
interface Cube {
  readonly mask: bigint;
  readonly match: bigint;
}

/** The pairs of rows that match one word although neither is more specific than the other. */
export function overlaps(rows: readonly Instruction[]): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  rows.forEach((row, index) => {
    for (const other of rows.slice(index + 1)) {
      const common = intersection(row, other);
      if (common === undefined || isNested(row.pattern, other.pattern)) continue;
      findings.push({
        rule: "overlap",
        mnemonic: row.mnemonic,
        message: `${other.mnemonic} matches 0x${common.match.toString(16)} too`,
      });
    }
  });
  return findings;
}

/** Words that both rows match; undefined if there are none. */
export function intersection(a: Encoding, b: Encoding): Cube | undefined {
  if (a.pattern.width !== b.pattern.width || !sharesContext(a, b)) return undefined;
  const fixedInBoth = a.pattern.mask & b.pattern.mask;
  if ((a.pattern.match & fixedInBoth) !== (b.pattern.match & fixedInBoth)) return undefined;
  const cube = {
    mask: a.pattern.mask | b.pattern.mask,
    match: a.pattern.match | b.pattern.match,
  };
  return excludes(a, cube) || excludes(b, cube) ? undefined : cube;
}

/** Whether the row excludes all values that one of its fields can have in the words of `cube`. */
function excludes(row: Encoding, cube: Cube): boolean {
  return Object.entries(row.operands).some(([name, operand]) => {
    if (operand.excluded.length === 0) return false;
    let known = 0n;
    let value = 0n;
    let free = 0;
    for (const { field, wordLow, fieldLow, width } of row.pattern.pieces) {
      if (field !== name) continue;
      for (let bit = 0; bit < width; bit += 1) {
        const place = 1n << BigInt(fieldLow + bit);
        const wordBit = 1n << BigInt(wordLow + bit);
        if ((cube.mask & wordBit) === 0n) {
          free += 1;
          continue;
        }
        known |= place;
        if (cube.match & wordBit) value |= place;
      }
    }
    const possible = new Set(operand.excluded.filter((excluded) => (excluded & known) === value));
    return possible.size === 2 ** free;
  });
}

function isNested(a: Pattern, b: Pattern): boolean {
  return a.mask !== b.mask && ((a.mask & b.mask) === a.mask || (a.mask & b.mask) === b.mask);
}

function sharesContext(a: Encoding, b: Encoding): boolean {
  return Object.entries(a.context).every(
    ([name, value]) => b.context[name] === undefined || b.context[name] === value,
  );
}
