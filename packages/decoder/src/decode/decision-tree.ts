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
  /** By bit number: 0 or 1 where the row fixes the bit, 2 where it doesn't. */
  readonly bits: Uint8Array;
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
  context: DecodeContext = {},
): DecisionNode {
  const width = sizeBytes * 8;
  const candidates = rowsInOrder(isa, sizeBytes, context).map((indexed) => ({
    ...indexed,
    bits: bitsOf(indexed.row, width),
  }));
  return build(candidates, new Uint8Array(width));
}

function bitsOf(row: Instruction, width: number): Uint8Array {
  const { mask, match } = row.pattern;
  return Uint8Array.from({ length: width }, (_, bit) => {
    const position = BigInt(bit);
    return (mask >> position) & 1n ? Number((match >> position) & 1n) : 2;
  });
}

/** `decided` has a 1 for every bit that the way to this node has looked at. */
function build(candidates: readonly Candidate[], decided: Uint8Array): DecisionNode {
  if (candidates.length === 0) return illegal;
  const range = candidates.length > 1 ? bestRange(candidates, decided) : undefined;
  if (!range) return chain(candidates, decided);
  const { low, width } = range;
  const below = decided.slice().fill(1, low, low + width);
  const groups = new Map<string, DecisionNode>();
  const children = distribute(candidates, low, width).map((group) => {
    const key = group.map(({ rowIndex }) => rowIndex).join();
    const known = groups.get(key);
    if (known) return known;
    const node = build(group, below);
    groups.set(key, node);
    return node;
  });
  return { kind: "switch", low, width, children };
}

function chain(candidates: readonly Candidate[], decided: Uint8Array): DecisionNode {
  let rest: DecisionNode = illegal;
  for (const { row, rowIndex } of candidates.toReversed()) {
    const open = decided.reduce(
      (bits, seen, bit) => (seen ? bits : bits | (1n << BigInt(bit))),
      0n,
    );
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
    for (const value of valuesOf(candidate, low, width)) groups[value]?.push(candidate);
  }
  return groups;
}

function valuesOf({ bits }: Candidate, low: number, width: number): number[] {
  let values = [0];
  for (let bit = width - 1; bit >= 0; bit -= 1) {
    const fixed = bits[low + bit] ?? 2;
    values = values.flatMap((value) =>
      fixed === 2 ? [value << 1, (value << 1) | 1] : [(value << 1) | fixed],
    );
  }
  return values;
}

/**
 * The range of undecided bits with the least cost: the mean number of candidates that a row still
 * competes with, plus the table. Undefined if no range thins them out.
 */
function bestRange(
  candidates: readonly Candidate[],
  decided: Uint8Array,
): { low: number; width: number } | undefined {
  const seen = decided.slice();
  const useful = useOf(candidates);
  let best: { low: number; width: number } | undefined;
  let bestCost = candidates.length;
  for (let low = 0; low < seen.length; low += 1) {
    if (seen[low] || !useful[low]) continue;
    for (let width = 1; width <= widestSwitch && low + width <= seen.length; width += 1) {
      const high = low + width - 1;
      if (seen[high]) break;
      if (!useful[high]) continue;
      const cost = costOf(candidates, low, width);
      if (cost < bestCost) {
        bestCost = cost;
        best = { low, width };
      }
    }
  }
  return best;
}

/** By bit: whether two candidates fix it differently. */
function useOf(candidates: readonly Candidate[]): boolean[] {
  const [first] = candidates;
  return Array.from(first?.bits ?? [], (_, bit) => {
    const values = new Set(candidates.map(({ bits }) => bits[bit]));
    return values.has(0) && values.has(1);
  });
}

function costOf(candidates: readonly Candidate[], low: number, width: number): number {
  const sizes = new Uint16Array(2 ** width);
  let total = 0;
  for (const candidate of candidates) {
    for (const value of valuesOf(candidate, low, width)) {
      sizes[value] = (sizes[value] ?? 0) + 1;
      total += 1;
    }
  }
  const competitors = sizes.reduce((sum, size) => sum + size * size, 0) / total;
  // A row that stands in several entries is copied there, with everything below.
  const copies = total / candidates.length;
  return competitors * copies + entryCost * sizes.length;
}
