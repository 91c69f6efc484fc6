/** Decision trees as plain data, for whoever lowers them: to closures, to WebAssembly, to text. */
import type { Instruction } from "@isovm/isa-spec";

/** Values of an operand that are no encodings of a row, although its fixed bits match. */
export interface Guard {
  /** Name of the operand; its bits are `row.pattern.pieces`. */
  readonly operand: string;
  readonly excluded: readonly bigint[];
}

/**
 * A node of a decision tree over instruction words of one length.
 *
 * Nodes are shared: a tree is a graph without cycles, and equal children are one object.
 */
export type DecisionNode =
  /** Go to the child that bits `low` to `low + width - 1` select, of `2 ** width` children. */
  | {
      readonly kind: "switch";
      readonly low: number;
      readonly width: number;
      readonly children: readonly DecisionNode[];
    }
  /**
   * The word is `row` if `(word & mask) === match` and no guard's operand has an excluded value;
   * else go on. `mask` has only those bits that the way to this node has not decided already, so
   * a mask of zero without guards is a sure match.
   */
  | {
      readonly kind: "test";
      readonly row: Instruction;
      /** Index of the row in the ISA's `instructions`. */
      readonly rowIndex: number;
      readonly mask: bigint;
      readonly match: bigint;
      readonly guards: readonly Guard[];
      readonly otherwise: DecisionNode;
    }
  /** The word is no instruction. */
  | { readonly kind: "illegal" };
