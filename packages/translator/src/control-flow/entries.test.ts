import { fc, test } from "@fast-check/vitest";
import { expect, it } from "vitest";
import { entriesOf, withEntries } from "./entries.ts";
import { analyse } from "./flow-graph.ts";
import { flowGraphs, headers, naturalLoop } from "./testing/graphs.ts";
import { compile, walk } from "./testing/walks.ts";

test.prop([flowGraphs(14), fc.array(fc.integer(), { minLength: 4, maxLength: 4 })], {
  numRuns: 600,
})("a walk from any entry is the walk from its block", (graph, seeds) => {
  const entries = entriesOf(graph);
  const compiled = compile(graph, entries);
  entries.forEach((_, entry) => {
    for (const seed of seeds)
      expect(compiled(seed, 60, entry)).toEqual(walk(graph, seed, 60, entries, entry));
  });
});

test.prop([flowGraphs(12)], { numRuns: 500 })("entries are block 0 and loop headers", (graph) => {
  const [first, ...others] = entriesOf(graph);
  expect(first).toBe(0);
  expect(new Set(others).size).toBe(others.length);
  const found = headers(graph);
  for (const block of others) expect(block !== 0 && found.has(block)).toBe(true);
  if (analyse(graph).irreducible.length > 0) return;
  expect(others.length).toBe([...found].filter((block) => block !== 0).length);
});

test.prop([flowGraphs(12)], { numRuns: 500 })("loops stay what they are", (graph) => {
  if (analyse(graph).irreducible.length > 0) return;
  const { graph: entered, analysis } = withEntries(graph, entriesOf(graph));
  expect(headers(entered)).toEqual(headers(graph));
  expect(analysis.irreducible).toEqual([]);
  for (const header of headers(graph)) {
    expect(naturalLoop(entered, header)).toEqual(naturalLoop(graph, header));
  }
});

it("goes to an inner loop over the header of the outer one", () => {
  // 0 -> 1 (outer) -> 2 -> 3 (inner) -> 4 -> 1, and 1 -> 5.
  const graph = { successors: [[1], [2, 5], [3], [3, 4], [1], []] };
  const { routes } = withEntries(graph, entriesOf(graph));
  expect(entriesOf(graph)).toEqual([0, 1, 3]);
  expect(Object.fromEntries(routes)).toEqual({
    0: [
      { entry: 1, to: 1, isLast: true },
      { entry: 2, to: 1, isLast: false },
    ],
    1: [{ entry: 2, to: 3, isLast: true }],
  });
});
