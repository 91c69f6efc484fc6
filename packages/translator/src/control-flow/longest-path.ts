/** How much can happen between two checks of the budget. */
import type { FlowAnalysis, FlowGraph } from "./flow-graph.ts";

/**
 * By block, the greatest weight of a path from it on, itself included, up to the next loop header
 * or the exit. Edges to loop headers and irreducible ones end a path, so that a region that checks
 * its budget at the entry and at every loop header, against the value for that block, never
 * overdraws it in between. Blocks that can't be reached have 0.
 *
 * @param weight - of a block, in instructions for instance; not negative
 */
export function longestPath(
  graph: FlowGraph,
  analysis: FlowAnalysis,
  weight: (block: number) => number,
): Int32Array {
  const { order, position, loopHeader } = analysis;
  const longest = new Int32Array(position.length);
  for (let i = order.length - 1; i >= 0; i--) {
    const block = order[i] ?? 0;
    let rest = 0;
    for (const successor of graph.successors[block] ?? []) {
      const retreats = (position[successor] ?? 0) <= i;
      if (!retreats && !loopHeader[successor]) rest = Math.max(rest, longest[successor] ?? 0);
    }
    longest[block] = weight(block) + rest;
  }
  return longest;
}
