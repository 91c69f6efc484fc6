/**
 * Decision trees over JavaScript numbers (up to 32 bits) and over BigInt (longer words).
 *
 * Numbers are several times faster, and few instruction sets have longer words.
 */
import { extractField, type Instruction, type Pattern } from "@isovm/isa-spec";
import type { DecisionNode, Guard } from "./decision-node.ts";

/** The index of the row that a word is, or -1. */
export type Lookup = (word: bigint) => number;
/** {@link Lookup} for words of at most 32 bits. */
export type NumberLookup = (word: number) => number;

type NumberNode =
  | {
      readonly kind: 0;
      readonly low: number;
      readonly mask: number;
      readonly children: readonly NumberNode[];
    }
  | {
      readonly kind: 1;
      readonly mask: number;
      readonly match: number;
      readonly guards: readonly NumberGuard[];
      readonly rowIndex: number;
      readonly otherwise: NumberNode;
    }
  | { readonly kind: 2 };

interface NumberGuard {
  readonly pieces: readonly { shift: number; mask: number; place: number }[];
  readonly excluded: ReadonlySet<number>;
}

/** A decision tree over words of at most 32 bits. */
export function lowerToNumbers(tree: DecisionNode): NumberLookup {
  const lowered = new Map<DecisionNode, NumberNode>();
  const lower = (node: DecisionNode): NumberNode => {
    const known = lowered.get(node);
    if (known) return known;
    const result = lowerNode(node, lower);
    lowered.set(node, result);
    return result;
  };
  const root = lower(tree);
  return (word) => find(root, word);
}

function lowerNode(node: DecisionNode, lower: (node: DecisionNode) => NumberNode): NumberNode {
  switch (node.kind) {
    case "switch":
      return {
        kind: 0,
        low: node.low,
        mask: 2 ** node.width - 1,
        children: node.children.map(lower),
      };
    case "test":
      return {
        kind: 1,
        mask: Number(BigInt.asIntN(32, node.mask)),
        match: Number(BigInt.asIntN(32, node.match)),
        guards: node.guards.map((guard) => lowerGuard(node.row, guard)),
        rowIndex: node.rowIndex,
        otherwise: lower(node.otherwise),
      };
    case "illegal":
      return { kind: 2 };
  }
}

function lowerGuard({ pattern }: Instruction, { operand, excluded }: Guard): NumberGuard {
  const pieces = pattern.pieces.filter(({ field }) => field === operand);
  return {
    pieces: pieces.map(({ wordLow, fieldLow, width }) => ({
      shift: wordLow,
      mask: 2 ** width - 1,
      place: 2 ** fieldLow,
    })),
    excluded: new Set(excluded.map(Number)),
  };
}

function find(root: NumberNode, word: number): number {
  let node: NumberNode | undefined = root;
  while (node !== undefined) {
    if (node.kind === 0) {
      node = node.children[(word >>> node.low) & node.mask];
    } else if (node.kind === 1) {
      if ((word & node.mask) === node.match && admitted(node.guards, word)) return node.rowIndex;
      node = node.otherwise;
    } else {
      return -1;
    }
  }
  return -1;
}

function admitted(guards: readonly NumberGuard[], word: number): boolean {
  for (const { pieces, excluded } of guards) {
    let value = 0;
    for (const { shift, mask, place } of pieces) value += ((word >>> shift) & mask) * place;
    if (excluded.has(value)) return false;
  }
  return true;
}

/** A decision tree over words of any length. */
export function lowerToBigInt(tree: DecisionNode): Lookup {
  return (word) => {
    let node: DecisionNode | undefined = tree;
    while (node !== undefined && node.kind !== "illegal") {
      if (node.kind === "switch") {
        node = node.children[Number(BigInt.asUintN(node.width, word >> BigInt(node.low)))];
      } else {
        const { pattern } = node.row;
        if ((word & node.mask) === node.match && admittedLong(pattern, node.guards, word)) {
          return node.rowIndex;
        }
        node = node.otherwise;
      }
    }
    return -1;
  };
}

function admittedLong(pattern: Pattern, guards: readonly Guard[], word: bigint): boolean {
  return guards.every(
    ({ operand, excluded }) => !excluded.includes(extractField(pattern, operand, word)),
  );
}
