/** The words that no row matches, as patterns: what an ISA leaves illegal. */
import type { Instruction } from "../instruction.ts";

/** A set of words: those whose bits under `mask` are `match`. */
interface Cube {
  readonly mask: bigint;
  readonly match: bigint;
}

/** What {@link illegalResidue} looks at. */
export interface ResidueOptions {
  /** Length of the words in bits. */
  readonly width: number;
  /** Words to look at, as a pattern of `0`, `1` and `-`; all if not given. */
  readonly within?: string;
}

/**
 * The words of one length that no row matches, as disjoint patterns of `0`, `1` and `-`, highest
 * bit first and sorted.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { illegalResidue, instruction } from "@isovm/isa-spec";
 *
 * const row = (name: string, pattern: string) =>
 *   instruction(name, pattern, { operands: {}, syntax: "", semantics: () => {}, manual: "none" });
 * const rows = [row("low", "0-------"), row("high", "11------")];
 * assert.deepEqual(illegalResidue(rows, { width: 8 }), ["10------"]);
 * ```
 */
export function illegalResidue(
  rows: readonly Instruction[],
  { width, within = "-".repeat(width) }: ResidueOptions,
): readonly string[] {
  let rest: readonly Cube[] = [parse(within)];
  for (const row of rows) {
    if (row.pattern.width !== width) continue;
    for (const matched of matchedCubes(row)) {
      rest = rest.flatMap((cube) => subtract(cube, matched));
    }
  }
  return joined(rest)
    .map((cube) => print(cube, width))
    .sort();
}

/** The same words in fewer cubes: pairs that differ in one bit become one without that bit. */
function joined(cubes: readonly Cube[]): readonly Cube[] {
  const key = ({ mask, match }: Cube): string => `${mask}:${match}`;
  const open = new Map(cubes.map((cube) => [key(cube), cube]));
  const pending = [...cubes];
  for (let cube = pending.pop(); cube; cube = pending.pop()) {
    if (!open.has(key(cube))) continue;
    for (let bit = 1n; bit <= cube.mask; bit <<= 1n) {
      const partner = { mask: cube.mask, match: cube.match ^ bit };
      if ((cube.mask & bit) === 0n || !open.has(key(partner))) continue;
      open.delete(key(cube));
      open.delete(key(partner));
      const pair = { mask: cube.mask ^ bit, match: cube.match & ~bit };
      open.set(key(pair), pair);
      pending.push(pair);
      break;
    }
  }
  return [...open.values()];
}

/** The words that a row matches: its pattern without the excluded values of operands. */
function matchedCubes(row: Instruction): readonly Cube[] {
  const { mask, match, pieces } = row.pattern;
  let cubes: readonly Cube[] = [{ mask, match }];
  for (const [name, operand] of Object.entries(row.operands)) {
    for (const excluded of operand.excluded) {
      let fieldMask = 0n;
      let fieldMatch = 0n;
      let encoded = 0n;
      for (const { field, wordLow, fieldLow, width } of pieces) {
        if (field !== name) continue;
        const ones = (1n << BigInt(width)) - 1n;
        fieldMask |= ones << BigInt(wordLow);
        fieldMatch |= ((excluded >> BigInt(fieldLow)) & ones) << BigInt(wordLow);
        encoded |= ones << BigInt(fieldLow);
      }
      if (excluded & ~encoded) continue;
      const hole = { mask: mask | fieldMask, match: match | fieldMatch };
      cubes = cubes.flatMap((cube) => subtract(cube, hole));
    }
  }
  return cubes;
}

/** `cube` without `hole`, as disjoint cubes: one for each bit that `hole` fixes and `cube` doesn't. */
function subtract(cube: Cube, hole: Cube): readonly Cube[] {
  if ((cube.match ^ hole.match) & cube.mask & hole.mask) return [cube];
  const parts: Cube[] = [];
  let { mask, match } = cube;
  let open = hole.mask & ~cube.mask;
  while (open !== 0n) {
    const bit = open & -open;
    open ^= bit;
    parts.push({ mask: mask | bit, match: match | (~hole.match & bit) });
    mask |= bit;
    match |= hole.match & bit;
  }
  return parts;
}

function parse(pattern: string): Cube {
  const bits = pattern.replace(/\s/g, "");
  return {
    mask: BigInt(`0b${bits.replace(/0/g, "1").replace(/-/g, "0")}`),
    match: BigInt(`0b${bits.replace(/-/g, "0")}`),
  };
}

function print({ mask, match }: Cube, width: number): string {
  let text = "";
  for (let bit = BigInt(width - 1); bit >= 0n; bit -= 1n) {
    text += (mask >> bit) & 1n ? String((match >> bit) & 1n) : "-";
  }
  return text;
}
