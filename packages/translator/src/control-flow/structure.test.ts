import { fc, test } from "@fast-check/vitest";
import type { FunctionBuilder, Label, Local } from "@isovm/wasm";
import { ModuleBuilder } from "@isovm/wasm";
import { expect } from "vitest";
import { analyse, type FlowGraph } from "./flow-graph.ts";
import { emitStructured } from "./structure.ts";
import { flowGraphs, headers, naturalLoop } from "./testing/graphs.ts";

const multiplier = 1_664_525;
const increment = 1_013_904_223;

/** Where a walk ended: a block without successors, an irreducible edge or the last step. */
interface Walk {
  readonly hash: number;
  readonly from: number;
  /** The target of an irreducible edge, -1 at a block without successors, -2 at the last step. */
  readonly to: number;
}

/** Takes edges as a generator of random numbers says. */
function walk(graph: FlowGraph, seed: number, steps: number): Walk {
  const { irreducible } = analyse(graph);
  let state = seed;
  let hash = 0;
  for (let block = 0, left = steps; ; left--) {
    hash = (Math.imul(hash, 31) + block) | 0;
    if (left === 0) return { hash, from: block, to: -2 };
    const choices = graph.successors[block] ?? [];
    if (choices.length === 0) return { hash, from: block, to: -1 };
    state = (Math.imul(state, multiplier) + increment) | 0;
    const next = choices[(state >>> 16) % choices.length] ?? 0;
    const leaves = irreducible.some(({ from, to }) => from === block && to === next);
    if (leaves) return { hash, from: block, to: next };
    block = next;
  }
}

/** The same walk as Wasm: `walk(seed, steps)` returns the hash, `from` and `to` tell the end. */
function compile(graph: FlowGraph): (seed: number, steps: number) => Walk {
  const module = new ModuleBuilder();
  const walkIndex = module.declareFunction("walk", ["i32", "i32"], ["i32", "i32", "i32"]);
  module.defineFunction(walkIndex, (code) => emitWalk(code, graph));
  module.exportFunction("walk", walkIndex);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()));
  const run = instance.exports.walk as (seed: number, steps: number) => [number, number, number];
  return (seed, steps) => {
    const [hash, from, to] = run(seed, steps);
    return { hash, from, to };
  };
}

function emitWalk(code: FunctionBuilder, graph: FlowGraph): void {
  const [seed, steps] = code.params;
  if (!seed || !steps) throw new Error("the function has two parameters");
  const hash = code.local("i32");
  const finish = (from: number, to: number): void => {
    code.localGet(hash);
    code.i32Const(from);
    code.i32Const(to);
    code.return();
  };
  const update = (local: Local, factor: number, addend: number): void => {
    code.localGet(local);
    code.i32Const(factor);
    code.i32Mul();
    code.i32Const(addend);
    code.i32Add();
    code.localSet(local);
  };
  emitStructured<Label>(graph, analyse(graph), {
    block: () => code.beginBlock(),
    loop: () => code.beginLoop(),
    end: (label) => code.end(label),
    body: (block, labelOf) => {
      update(hash, 31, block);
      code.localGet(steps);
      code.i32Eqz();
      code.if(() => finish(block, -2));
      code.localGet(steps);
      code.i32Const(1);
      code.i32Sub();
      code.localSet(steps);
      const choices = graph.successors[block] ?? [];
      if (choices.length === 0) return finish(block, -1);
      update(seed, multiplier, increment);
      for (const [index, next] of choices.entries()) {
        code.localGet(seed);
        code.i32Const(16);
        code.i32ShrU();
        code.i32Const(choices.length);
        code.i32RemU();
        code.i32Const(index);
        code.i32Eq();
        const label = labelOf(next);
        if (label === undefined) code.if(() => finish(block, next));
        else code.brIf(label);
      }
      code.unreachable();
    },
  });
  code.unreachable();
}

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
