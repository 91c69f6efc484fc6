/** Random graphs, and the definitions of what is computed about them by faster means. */
import fc from "fast-check";
import type { FlowEdge, FlowGraph } from "../flow-graph.ts";

/** Graphs with self loops, repeated edges, unreachable blocks and irreducible loops among them. */
export function flowGraphs(maxBlocks: number): fc.Arbitrary<FlowGraph> {
  return fc.integer({ min: 1, max: maxBlocks }).chain((count) =>
    fc.record({
      successors: fc.array(fc.array(fc.nat(count - 1), { maxLength: 3 }), {
        minLength: count,
        maxLength: count,
      }),
    }),
  );
}

/** The blocks on paths from `start` that don't enter `avoided`. */
export function reachable(graph: FlowGraph, start: number, avoided = -1): Set<number> {
  const found = new Set<number>(start === avoided ? [] : [start]);
  for (const block of found) {
    for (const next of graph.successors[block] ?? []) if (next !== avoided) found.add(next);
  }
  return found;
}

/** Whether every path from the entry to `block` has `dominator` on it. */
export function dominates(graph: FlowGraph, dominator: number, block: number): boolean {
  return !reachable(graph, 0, dominator).has(block);
}

/** All edges among reachable blocks, each once. */
export function edges(graph: FlowGraph): readonly FlowEdge[] {
  return [...reachable(graph, 0)].flatMap((from) =>
    [...new Set(graph.successors[from])].map((to) => ({ from, to })),
  );
}

/** The targets of edges to a dominator. */
export function headers(graph: FlowGraph): ReadonlySet<number> {
  return new Set(
    edges(graph)
      .filter(({ from, to }) => dominates(graph, to, from))
      .map(({ to }) => to),
  );
}

/** The natural loop of a header: from there each reaches a back edge without passing the header. */
export function naturalLoop(graph: FlowGraph, header: number): ReadonlySet<number> {
  const latches = edges(graph).filter(
    ({ from, to }) => to === header && dominates(graph, header, from),
  );
  const blocks = [...reachable(graph, 0)].filter(
    (block) =>
      block === header || latches.some(({ from }) => reachable(graph, block, header).has(from)),
  );
  return new Set(blocks);
}
