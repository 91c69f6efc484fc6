/**
 * The control-flow graph of a region and what can be told from it: an order of its blocks, who
 * dominates whom, and where its loops start.
 *
 * @see Aho, Lam, Sethi, Ullman: "Compilers", 2nd edition, 9.6 (loops in flow graphs)
 * @module
 */
import { immediateDominators } from "./dominators.ts";
import { reversePostorder } from "./reverse-postorder.ts";

/** Blocks 0..n-1, of which block 0 is the entry. */
export interface FlowGraph {
  /** By block, the blocks that it may be followed by; one may occur several times. */
  readonly successors: readonly (readonly number[])[];
}

/** An edge, by the numbers of its blocks. */
export interface FlowEdge {
  readonly from: number;
  readonly to: number;
}

/** What {@link analyse} found. */
export interface FlowAnalysis {
  /** The blocks in reverse postorder; those that can't be reached from the entry are missing. */
  readonly order: Int32Array;
  /** By block, its place in {@link order}; -1 for a block that can't be reached. */
  readonly position: Int32Array;
  /** By block, the blocks it follows, each once and reachable ones only. */
  readonly predecessors: readonly (readonly number[])[];
  /** By block, its immediate dominator; the entry's own is itself. */
  readonly immediateDominator: Int32Array;
  /** The dominator tree: by block, the blocks it dominates immediately, in reverse postorder. */
  readonly children: readonly (readonly number[])[];
  /** By block, 1 if it is the target of a back edge, which is an edge to a dominator. */
  readonly loopHeader: Uint8Array;
  /**
   * Retreating edges whose target doesn't dominate their source, each once. They make the graph
   * irreducible: no nesting of blocks and loops has them, so a region is left along them.
   */
  readonly irreducible: readonly FlowEdge[];
}

/** Analyses a graph, in time that is close to linear for the graphs of programs. */
export function analyse(graph: FlowGraph): FlowAnalysis {
  const { order, position } = reversePostorder(graph);
  const predecessors = reachablePredecessors(graph, order);
  const immediateDominator = immediateDominators(order, position, predecessors);
  const children: number[][] = graph.successors.map(() => []);
  for (const block of order) {
    if (block !== 0) children[immediateDominator[block] ?? 0]?.push(block);
  }
  const dominates = dominance(order, immediateDominator);
  const loopHeader = new Uint8Array(position.length);
  const irreducible: FlowEdge[] = [];
  for (const to of order) {
    for (const from of predecessors[to] ?? []) {
      if ((position[from] ?? 0) < (position[to] ?? 0)) continue;
      if (dominates(to, from)) loopHeader[to] = 1;
      else irreducible.push({ from, to });
    }
  }
  return { order, position, predecessors, immediateDominator, children, loopHeader, irreducible };
}

function reachablePredecessors(graph: FlowGraph, order: Int32Array): number[][] {
  const predecessors: number[][] = graph.successors.map(() => []);
  for (const block of order) {
    for (const successor of graph.successors[block] ?? []) {
      const list = predecessors[successor];
      // Only this block's own edges can have put it there, so that it is the last one.
      if (list && list.at(-1) !== block) list.push(block);
    }
  }
  return predecessors;
}

/** Dominance by preorder numbers in the dominator tree: a subtree is a range of them. */
function dominance(order: Int32Array, parent: Int32Array): (a: number, b: number) => boolean {
  const size = new Int32Array(parent.length).fill(1);
  for (let i = order.length - 1; i > 0; i--) {
    const block = order[i] ?? 0;
    const above = parent[block] ?? 0;
    size[above] = (size[above] ?? 0) + (size[block] ?? 0);
  }
  const preorder = new Int32Array(parent.length);
  const next = new Int32Array(parent.length);
  next[0] = 1;
  for (let i = 1; i < order.length; i++) {
    const block = order[i] ?? 0;
    const above = parent[block] ?? 0;
    const number = next[above] ?? 0;
    preorder[block] = number;
    next[block] = number + 1;
    next[above] = number + (size[block] ?? 0);
  }
  return (a, b) => {
    const distance = (preorder[b] ?? 0) - (preorder[a] ?? 0);
    return distance >= 0 && distance < (size[a] ?? 0);
  };
}
