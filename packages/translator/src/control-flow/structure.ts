/**
 * Structured control flow from a graph, along its dominator tree.
 *
 * A block's children in the dominator tree are emitted behind it, each behind the end of a Wasm
 * block that branches to it leave; the first in reverse postorder is innermost, as its code may
 * branch to the later ones only. A loop header is emitted in a Wasm loop. What the header dominates
 * but what doesn't come back to it is emitted behind the loop: a compiler takes all that stands in
 * a loop for a part of it when it places values in registers and decides about unrolling.
 *
 * @see Ramsey: "Beyond Relooper: Recursive Translation of Unstructured Control Flow to Structured
 * Control Flow", ICFP 2022
 * @module
 */
import type { FlowAnalysis, FlowGraph } from "./flow-graph.ts";
import { loops } from "./loops.ts";

/** Receives structured code; constructs are opened and closed properly nested. */
export interface StructureEmitter<Label> {
  /** Opens a block whose end is where the label leads. */
  block(): Label;
  /** Opens a loop whose start is where the label leads. */
  loop(): Label;
  /** Closes the innermost open construct, which is that label's. */
  end(label: Label): void;
  /**
   * Emits a block's code, which must branch, return or trap on every path: there is no falling
   * through. `labelOf`, to be used until the callback returns, says where a branch to a successor
   * goes: a label in scope, or undefined for an irreducible edge.
   */
  body(block: number, labelOf: (successor: number) => Label | undefined): void;
}

/**
 * Emits every reachable block of a graph once. What follows the last construct's end is never
 * reached; a function with results needs an `unreachable` there.
 */
export function emitStructured<Label>(
  graph: FlowGraph,
  analysis: FlowAnalysis,
  emitter: StructureEmitter<Label>,
): void {
  const { position, loopHeader } = analysis;
  const { inside, behind } = placement(analysis);
  const forward: (Label | undefined)[] = graph.successors.map(() => undefined);
  const backward: (Label | undefined)[] = graph.successors.map(() => undefined);
  let current = 0;
  const labelOf = (successor: number): Label | undefined => {
    const retreats = (position[successor] ?? 0) <= (position[current] ?? 0);
    return retreats ? backward[successor] : forward[successor];
  };
  const open = (blocks: readonly number[]): void => {
    for (let i = blocks.length - 1; i >= 0; i--) forward[blocks[i] ?? 0] = emitter.block();
  };
  const close = (labels: (Label | undefined)[], block: number): void => {
    const label = labels[block];
    labels[block] = undefined;
    if (label !== undefined) emitter.end(label);
  };
  /** What remains to be done, last first: a block's number, or the complement of a loop's to end. */
  const pending: number[] = [0];
  const enter = (block: number): void => {
    close(forward, block);
    open(behind[block] ?? []);
    if (loopHeader[block]) backward[block] = emitter.loop();
    open(inside[block] ?? []);
    current = block;
    emitter.body(block, labelOf);
    pushReversed(pending, behind[block] ?? []);
    if (loopHeader[block]) pending.push(~block);
    pushReversed(pending, inside[block] ?? []);
  };
  if (graph.successors.length === 0) return;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next < 0) close(backward, ~next);
    else enter(next);
  }
}

function pushReversed(pending: number[], blocks: readonly number[]): void {
  for (let i = blocks.length - 1; i >= 0; i--) pending.push(blocks[i] ?? 0);
}

/**
 * Where blocks are emitted: by block, those that follow it, and by header, those that follow its
 * loop, both in reverse postorder. A block goes behind the outermost of the loops that its immediate
 * dominator is in and it is not. All that branches to it forward is dominated by that dominator
 * and in every loop that the block itself is in, hence in that loop or behind it.
 */
function placement(analysis: FlowAnalysis): {
  readonly inside: readonly (readonly number[])[];
  readonly behind: readonly (readonly number[])[];
} {
  const { order, immediateDominator, children } = analysis;
  const { innermost, parent } = loops(analysis);
  const inside: number[][] = children.map(() => []);
  const behind: number[][] = children.map(() => []);
  for (const block of order) {
    if (block === 0) continue;
    const dominator = immediateDominator[block] ?? 0;
    const own = innermost[block] ?? -1;
    const kept = own === block ? (parent[own] ?? -1) : own;
    let left = -1;
    let loop = innermost[dominator] ?? -1;
    while (loop !== kept && loop !== -1) {
      left = loop;
      loop = parent[loop] ?? -1;
    }
    if (left === -1) inside[dominator]?.push(block);
    else behind[left]?.push(block);
  }
  return { inside, behind };
}
