import { test } from "@fast-check/vitest";
import { expect } from "vitest";
import { analyse } from "./flow-graph.ts";
import { loops } from "./loops.ts";
import { dominates, edges, flowGraphs, headers, naturalLoop, reachable } from "./testing/graphs.ts";

test.prop([flowGraphs(12)], { numRuns: 500 })(
  "the order has every reachable block once, the entry first",
  (graph) => {
    const { order, position } = analyse(graph);
    expect(new Set(order)).toEqual(reachable(graph, 0));
    expect(order.length).toBe(new Set(order).size);
    expect(order[0]).toBe(0);
    for (const [place, block] of order.entries()) expect(position[block]).toBe(place);
    expect(position.filter((place) => place === -1).length).toBe(position.length - order.length);
  },
);

test.prop([flowGraphs(12)], { numRuns: 500 })(
  "dominators are what the definition says",
  (graph) => {
    const { order, immediateDominator, children } = analyse(graph);
    for (const block of order) {
      const dominator = immediateDominator[block] ?? -1;
      if (block === 0) {
        expect(dominator).toBe(0);
        continue;
      }
      expect(children[dominator]).toContain(block);
      const strict = [...order].filter((b) => b !== block && dominates(graph, b, block));
      expect(strict).toContain(dominator);
      for (const other of strict) expect(dominates(graph, other, dominator)).toBe(true);
    }
    expect(children.flat().length).toBe(order.length - 1);
  },
);

test.prop([flowGraphs(12)], { numRuns: 500 })(
  "retreating edges go to loop headers or are irreducible",
  (graph) => {
    const { loopHeader, irreducible, position } = analyse(graph);
    const retreating = edges(graph).filter(
      ({ from, to }) => (position[to] ?? 0) <= (position[from] ?? 0),
    );
    const key = ({ from, to }: { from: number; to: number }): string => `${from}-${to}`;
    const [back, rest] = [true, false].map((wanted) =>
      retreating.filter(({ from, to }) => dominates(graph, to, from) === wanted),
    );
    expect(irreducible.map(key).sort()).toEqual(rest?.map(key).sort());
    const found = [...loopHeader.keys()].filter((block) => loopHeader[block]);
    expect(new Set(found)).toEqual(new Set(back?.map(({ to }) => to)));
  },
);

test.prop([flowGraphs(12)], { numRuns: 500 })("loops are the natural loops, nested", (graph) => {
  const found = loops(analyse(graph));
  const natural = [...headers(graph)].map((header) => ({
    header,
    blocks: naturalLoop(graph, header),
  }));
  for (const block of graph.successors.keys()) {
    const around = natural
      .filter(({ blocks }) => blocks.has(block))
      .sort((a, b) => a.blocks.size - b.blocks.size);
    expect(found.depth[block]).toBe(around.length);
    expect(found.innermost[block]).toBe(around[0]?.header ?? -1);
    if (around[0]) expect(found.parent[around[0].header]).toBe(around[1]?.header ?? -1);
  }
});

test("a loop with two entries is irreducible by one edge", () => {
  const { irreducible, loopHeader } = analyse({ successors: [[1, 2], [2], [1]] });
  expect(irreducible).toHaveLength(1);
  expect([...loopHeader]).toEqual([0, 0, 0]);
});

test("the first successor comes right behind its block", () => {
  expect([...analyse({ successors: [[2, 1], [3], [3], []] }).order]).toEqual([0, 2, 1, 3]);
});

test("a graph without blocks has nothing", () => {
  expect(analyse({ successors: [] }).order).toHaveLength(0);
});

test("long chains don't exhaust the stack", () => {
  const successors = Array.from({ length: 20_000 }, (_, block) =>
    block < 19_999 ? [block + 1, block] : [],
  );
  const analysis = analyse({ successors });
  expect(analysis.order.length).toBe(20_000);
  expect(loops(analysis).depth.slice(0, -1)).toEqual(new Int32Array(19_999).fill(1));
});
