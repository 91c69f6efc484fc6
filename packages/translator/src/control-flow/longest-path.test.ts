import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { analyse, type FlowGraph } from "./flow-graph.ts";
import { longestPath } from "./longest-path.ts";
import { flowGraphs, headers } from "./testing/graphs.ts";

/** Follows every path to its end. */
function byEnumeration(
  graph: FlowGraph,
  ends: (from: number, to: number) => boolean,
  weights: readonly number[],
  block: number,
): number {
  const rest = (graph.successors[block] ?? [])
    .filter((to) => !ends(block, to))
    .map((to) => byEnumeration(graph, ends, weights, to));
  return (weights[block] ?? 0) + Math.max(0, ...rest);
}

test.prop([flowGraphs(9), fc.array(fc.nat(9), { minLength: 9, maxLength: 9 })], { numRuns: 1000 })(
  "no path between two loop headers weighs more, and one weighs as much",
  (graph, weights) => {
    const analysis = analyse(graph);
    const longest = longestPath(graph, analysis, (block) => weights[block] ?? 0);
    const stops = headers(graph);
    const ends = (from: number, to: number): boolean =>
      stops.has(to) || analysis.irreducible.some((edge) => edge.from === from && edge.to === to);
    for (const block of analysis.order) {
      expect(longest[block]).toBe(byEnumeration(graph, ends, weights, block));
    }
  },
);

test("what follows a loop counts for its header, not for what is before it", () => {
  const graph = { successors: [[1], [2, 3], [1], [4], []] };
  const longest = longestPath(graph, analyse(graph), (block) => 10 ** block);
  expect([...longest]).toEqual([1, 11_010, 100, 11_000, 10_000]);
});
