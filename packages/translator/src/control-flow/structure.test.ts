import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { analyse, type FlowGraph } from "./flow-graph.ts";
import { emitStructured } from "./structure.ts";
import { flowGraphs, headers, naturalLoop } from "./testing/graphs.ts";
import { compile, walk } from "./testing/walks.ts";

test.prop([flowGraphs(14), fc.array(fc.integer(), { minLength: 8, maxLength: 8 })], {
  numRuns: 600,
})("a walk through the structured code is the walk through the graph", (graph, seeds) => {
  const compiled = compile(graph);
  for (const seed of seeds) expect(compiled(seed, 60)).toEqual(walk(graph, seed, 60));
});

/** Writes the nesting as text: `B(`, `L(` and `)` for constructs, numbers for bodies. */
function outline(graph: FlowGraph): string {
  let text = "";
  emitStructured<string>(graph, analyse(graph), {
    block: () => {
      text += "B( ";
      return "block";
    },
    loop: () => {
      text += "L( ";
      return "loop";
    },
    end: () => {
      text += ") ";
    },
    body: (block) => {
      text += `${block} `;
    },
  });
  return text.trim();
}

test.prop([flowGraphs(12)], { numRuns: 500 })(
  "a Wasm loop has the natural loop in it, no more",
  (graph) => {
    const open: { readonly blocks: Set<number>; readonly kind: string }[] = [];
    const closed: Set<number>[] = [];
    for (const token of outline(graph).split(" ")) {
      if (token.endsWith("(")) open.push({ blocks: new Set(), kind: token });
      else if (token === ")") {
        const last = open.pop();
        if (last?.kind === "L(") closed.push(last.blocks);
      } else for (const { blocks } of open) blocks.add(Number(token));
    }
    expect(closed.length).toBe(headers(graph).size);
    for (const header of headers(graph)) expect(closed).toContainEqual(naturalLoop(graph, header));
  },
);

test.each([
  ["a diamond", [[1, 2], [3], [3], []], "B( B( B( 0 ) 1 ) 2 ) 3"],
  ["a loop to itself", [[0, 1], []], "B( L( 0 ) ) 1"],
  [
    "an exit from within a loop",
    [[1], [2, 3], [1, 4], [], []],
    "B( 0 ) B( B( L( B( 1 ) 2 ) ) 4 ) 3",
  ],
  ["nested loops", [[1], [2], [2, 3], [1, 4], []], "B( 0 ) B( L( B( 1 ) B( L( 2 ) ) 3 ) ) 4"],
])("%s", (_, successors, expected) => {
  expect(outline({ successors })).toBe(expected);
});

test("chains stay flat and don't exhaust the stack", () => {
  const count = 10_000;
  const successors = Array.from({ length: count }, (_, block) =>
    block + 1 < count ? [block + 1] : [],
  );
  expect(outline({ successors }).startsWith("B( 0 ) B( 1 ) B( 2 ) ")).toBe(true);
  const result = compile({ successors })(1, count);
  expect(result).toEqual(walk({ successors }, 1, count));
});
