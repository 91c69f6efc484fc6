/**
 * The decision tree of an ISA, generated from its rows.
 *
 * Each node switches on the bit range that separates its rows best for the size of its table;
 * rows that no bit separates (nested encodings) become a chain of tests.
 */
import type { Instruction, Isa } from "@isovm/isa-spec";
import type { DecisionNode, Guard } from "./decision-node.ts";
import { type DecodeContext, type IndexedRow, rowsInOrder } from "./row-order.ts";

/** Tables have at most two to the power of this entries. */
const widestSwitch = 8;

/** What a table entry costs, in candidate rows tested: small, but wide tables must earn it. */
const entryCost = 1 / 64;

interface Candidate extends IndexedRow {
  /** By bit number `low`: which of the bits from `low` up the row fixes, eight of them. */
  readonly fixed: Uint8Array;
  /** As {@link fixed}: the values of these bits. */
  readonly values: Uint8Array;
}

const illegal: DecisionNode = { kind: "illegal" };

/**
 * The decision tree over the ISA's instruction words of `sizeBytes` bytes.
 *
 * Of two nested encodings it finds the row with more fixed bits. Rows of another decode context
 * are left out.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { decisionTree } from "@isovm/decoder";
 * import { defineIsa, instruction } from "@isovm/isa-spec";
 *
 * const row = { operands: {}, syntax: "", semantics: () => {}, manual: "Toy, 1" };
 * const toy = defineIsa({
 *   name: "toy",
 *   addressWidth: 32,
 *   registers: [],
 *   framing: { parcelBytes: 1, byteOrder: "little", lengths: [{ mask: 0, match: 0, sizeBytes: 1 }] },
 *   extensions: [
 *     {
 *       name: "base",
 *       title: "Base",
 *       instructions: [instruction("nop", "00000000", row), instruction("stop", "11111111", row)],
 *     },
 *   ],
 *   syntax: { comment: ["#"], relocations: {} },
 * });
 * const tree = decisionTree(toy, 1);
 * assert.equal(tree.kind, "switch");
 * ```
 */
export function decisionTree(
  isa: Isa,
  sizeBytes: number,
  context: DecodeContext = isa.framing.context ?? {},
): DecisionNode {
  const width = sizeBytes * 8;
  const candidates = rowsInOrder(isa, sizeBytes, context).map((indexed) => ({
    ...indexed,
    fixed: windows(indexed.row.pattern.mask, width),
    values: windows(indexed.row.pattern.match, width),
  }));
  return build(candidates, 0n, width);
}

/** By bit number: eight bits from there up. */
function windows(bits: bigint, width: number): Uint8Array {
  const text = bits.toString(2);
  const result = new Uint8Array(width);
  let window = 0;
  for (let low = width - 1; low >= 0; low -= 1) {
    // The typed array drops the bits above the eighth.
    window = (window << 1) | (text[text.length - 1 - low] === "1" ? 1 : 0);
    result[low] = window;
  }
  return result;
}

/** `decided` has a 1 for every bit that the way to this node has looked at. */
function build(candidates: readonly Candidate[], decided: bigint, wordWidth: number): DecisionNode {
  if (candidates.length === 0) return illegal;
  const range = candidates.length > 1 ? bestRange(candidates, decided, wordWidth) : undefined;
  if (!range) return chain(candidates, decided);
  const { low, width } = range;
  const below = decided | (((1n << BigInt(width)) - 1n) << BigInt(low));
  const groups = new Map<string, DecisionNode>();
  const children = distribute(candidates, low, width).map((group) => {
    const key = group.map(({ rowIndex }) => rowIndex).join();
    const known = groups.get(key);
    if (known) return known;
    const node = build(group, below, wordWidth);
    groups.set(key, node);
    return node;
  });
  return { kind: "switch", low, width, children };
}

function chain(candidates: readonly Candidate[], decided: bigint): DecisionNode {
  const open = ~decided;
  let rest: DecisionNode = illegal;
  for (const { row, rowIndex } of candidates.toReversed()) {
    const mask = row.pattern.mask & open;
    const match = row.pattern.match & open;
    rest = { kind: "test", row, rowIndex, mask, match, guards: guardsOf(row), otherwise: rest };
  }
  return rest;
}

function guardsOf(row: Instruction): readonly Guard[] {
  return Object.entries(row.operands)
    .filter(([, { excluded }]) => excluded.length > 0)
    .map(([operand, { excluded }]) => ({ operand, excluded }));
}

/** The candidates that each value of the range leaves. */
function distribute(candidates: readonly Candidate[], low: number, width: number): Candidate[][] {
  const groups: Candidate[][] = Array.from({ length: 2 ** width }, () => []);
  for (const candidate of candidates) {
    forEachValue(candidate, low, width, (value) => groups[value]?.push(candidate));
  }
  return groups;
}

/** Calls `visit` with every value of the range that the candidate admits. */
function forEachValue(
  { fixed, values }: Candidate,
  low: number,
  width: number,
  visit: (value: number) => void,
): void {
  const mask = 2 ** width - 1;
  const free = mask & ~(fixed[low] ?? 0);
  const base = mask & (values[low] ?? 0);
  // The subsets of the free bits, from all of them down to none.
  let subset = free;
  for (;;) {
    visit(base | subset);
    if (subset === 0) return;
    subset = (subset - 1) & free;
  }
}

/**
 * The range of undecided bits with the least cost: the mean number of candidates that a row still
 * competes with, plus the table. Undefined if no range thins them out.
 */
function bestRange(
  candidates: readonly Candidate[],
  decided: bigint,
  wordWidth: number,
): { low: number; width: number } | undefined {
  const undecided = bitsOf(~decided, wordWidth);
  const useful = bitsOf(~decided & useOf(candidates), wordWidth);
  let best: { low: number; width: number } | undefined;
  let bestCost = candidates.length;
  for (let low = 0; low < wordWidth; low += 1) {
    if (!useful[low]) continue;
    for (let width = 1; width <= widestSwitch && low + width <= wordWidth; width += 1) {
      const high = low + width - 1;
      if (!undecided[high]) break;
      if (!useful[high]) continue;
      if (leastCost(candidates, low, width) >= bestCost) continue;
      const cost = costOf(candidates, low, width);
      if (cost < bestCost) {
        bestCost = cost;
        best = { low, width };
      }
    }
  }
  return best;
}

/** By bit number: whether the bit is set. */
function bitsOf(bits: bigint, width: number): readonly boolean[] {
  const text = BigInt.asUintN(width, bits).toString(2);
  return Array.from({ length: width }, (_, bit) => text[text.length - 1 - bit] === "1");
}

/** The bits that two candidates fix differently. */
function useOf(candidates: readonly Candidate[]): bigint {
  let zeros = 0n;
  let ones = 0n;
  for (const { row } of candidates) {
    const { mask, match } = row.pattern;
    ones |= match;
    zeros |= mask & ~match;
  }
  return zeros & ones;
}

const sizes = new Uint16Array(2 ** widestSwitch);

/** By mask: how many values differ from each other in these bits alone. */
const combinations = Uint16Array.from({ length: 2 ** widestSwitch }, (_, mask) => {
  let count = 1;
  for (let rest = mask; rest > 0; rest >>= 1) if (rest & 1) count *= 2;
  return count;
});

/** What {@link costOf} would be if the range spread the rows evenly over the table. */
function leastCost(candidates: readonly Candidate[], low: number, width: number): number {
  const entries = 2 ** width;
  const mask = entries - 1;
  let total = 0;
  for (const { fixed } of candidates) total += combinations[mask & ~(fixed[low] ?? 0)] ?? 0;
  return (total / entries) * (total / candidates.length) + entryCost * entries;
}

function costOf(candidates: readonly Candidate[], low: number, width: number): number {
  const entries = 2 ** width;
  sizes.fill(0, 0, entries);
  let total = 0;
  const count = (value: number): void => {
    sizes[value] = (sizes[value] ?? 0) + 1;
    total += 1;
  };
  for (const candidate of candidates) forEachValue(candidate, low, width, count);
  let squares = 0;
  for (let value = 0; value < entries; value += 1) squares += (sizes[value] ?? 0) ** 2;
  // A row that stands in several entries is copied there, with everything below.
  const copies = total / candidates.length;
  return (squares / total) * copies + entryCost * entries;
}
