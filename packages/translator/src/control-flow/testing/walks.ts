/** Walks through graphs, as they are and as structured code. */
import { type FunctionBuilder, type Label, type Local, ModuleBuilder } from "@isovm/wasm";
import { goToEntry } from "../../region/entry-code.ts";
import { withEntries } from "../entries.ts";
import type { FlowGraph } from "../flow-graph.ts";
import { emitStructured } from "../structure.ts";

const multiplier = 1_664_525;
const increment = 1_013_904_223;

/** Where a walk ended: a block without successors, an irreducible edge or the last step. */
export interface Walk {
  readonly hash: number;
  readonly from: number;
  /** The target of an irreducible edge, -1 at a block without successors, -2 at the last step. */
  readonly to: number;
}

/**
 * Takes edges as a generator of random numbers says, from the block of an entry on. Which edges are
 * irreducible depends on the entries.
 */
export function walk(
  graph: FlowGraph,
  seed: number,
  steps: number,
  entries: readonly number[] = [0],
  entry = 0,
): Walk {
  const { irreducible } = withEntries(graph, entries).analysis;
  let state = seed;
  let hash = 0;
  for (let block = entries[entry] ?? 0, left = steps; ; left--) {
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

/**
 * The same walk as Wasm: `walk(seed, steps, entry)` returns the hash, `from` and `to` tell the end.
 * It begins at the block of the entry, by number.
 */
export function compile(
  graph: FlowGraph,
  entries: readonly number[] = [0],
): (seed: number, steps: number, entry?: number) => Walk {
  const module = new ModuleBuilder();
  const walkIndex = module.declareFunction("walk", ["i32", "i32", "i32"], ["i32", "i32", "i32"]);
  module.defineFunction(walkIndex, (code) => emitWalk(code, graph, entries));
  module.exportFunction("walk", walkIndex);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()));
  const run = instance.exports.walk as (
    seed: number,
    steps: number,
    entry: number,
  ) => [number, number, number];
  return (seed, steps, entry = 0) => {
    const [hash, from, to] = run(seed, steps, entry);
    return { hash, from, to };
  };
}

function emitWalk(code: FunctionBuilder, plain: FlowGraph, entries: readonly number[]): void {
  const [seed, steps, entry] = code.params;
  if (!seed || !steps || !entry) throw new Error("the function has three parameters");
  const { graph, analysis, routes } = withEntries(plain, entries);
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
  emitStructured<Label>(graph, analysis, {
    block: () => code.beginBlock(),
    loop: () => code.beginLoop(),
    end: (label) => code.end(label),
    body: (block, labelOf) => {
      goToEntry(code, entry, routes.get(block) ?? [], labelOf);
      update(hash, 31, block);
      code.localGet(steps);
      code.i32Eqz();
      code.if(() => finish(block, -2));
      code.localGet(steps);
      code.i32Const(1);
      code.i32Sub();
      code.localSet(steps);
      const choices = plain.successors[block] ?? [];
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
