/**
 * Streams in which nothing but the rows tells an instruction's length: no instruction may begin like
 * a shorter one, or like a prefix.
 */
import type { Isa } from "../isa.ts";
import type { LintFinding } from "./finding.ts";
import { type Encoding, intersection } from "./overlap.ts";

/** Rows that begin with bytes that are another row, or a prefix. */
export function lengthOverlaps({ framing, instructions }: Isa): readonly LintFinding[] {
  const { lengths, byteOrder, prefixes = [], parcelBytes } = framing;
  const findings: LintFinding[] = [];
  for (const row of instructions) {
    const { mask, match } = beginning(row, 8 * parcelBytes, byteOrder).pattern;
    for (const prefix of prefixes) {
      const common = BigInt(prefix.mask) & mask;
      if ((BigInt(prefix.match) & common) !== (match & common)) continue;
      const message = `it begins like the prefix ${prefix.name}`;
      findings.push({ rule: "overlap", mnemonic: row.mnemonic, message });
    }
    if (lengths.length > 0) continue;
    for (const shorter of instructions) {
      if (shorter.pattern.width >= row.pattern.width) continue;
      if (!intersection(shorter, beginning(row, shorter.pattern.width, byteOrder))) continue;
      const message = `it begins like ${shorter.mnemonic}, which is shorter`;
      findings.push({ rule: "overlap", mnemonic: row.mnemonic, message });
    }
  }
  return findings;
}

/** The row's first `width` bits in memory as an encoding of their own. */
function beginning(row: Encoding, width: number, byteOrder: "little" | "big"): Encoding {
  const { pattern } = row;
  if (pattern.width <= width) return row;
  const low = byteOrder === "big" ? pattern.width - width : 0;
  const cut = (bits: bigint): bigint => BigInt.asUintN(width, bits >> BigInt(low));
  const pieces = pattern.pieces
    .filter((piece) => piece.wordLow >= low && piece.wordLow + piece.width <= low + width)
    .map((piece) => ({ ...piece, wordLow: piece.wordLow - low }));
  // Excluded values count where all of their field is there.
  const isWhole = (name: string): boolean =>
    pieces.filter(({ field }) => field === name).length ===
    pattern.pieces.filter(({ field }) => field === name).length;
  const operands = Object.fromEntries(
    Object.entries(row.operands).filter(([name]) => isWhole(name)),
  );
  return {
    context: row.context,
    operands,
    pattern: {
      text: pattern.text,
      width,
      mask: cut(pattern.mask),
      match: cut(pattern.match),
      ignored: cut(pattern.ignored),
      pieces,
    },
  };
}
