/**
 * Constant propagation: registers that hold the same value whenever an instruction is reached
 * become constants in it, and so does the program counter where a register depends on it. An
 * indirect jump to an address made of constants becomes a direct one, unless that were a new edge
 * of the graph.
 *
 * Instead of iterating to the best solution, one walk in the order of control guesses that a loop
 * keeps what no block behind its begin writes, and the guess is checked: translation is paid for by
 * the instruction.
 *
 * @see Aho, Lam, Sethi, Ullman: "Compilers", 2nd edition, 9.4 (constant propagation)
 */
import { reversePostorder } from "../control-flow/reverse-postorder.ts";
import type { RegisterConstants } from "../ir/knowledge.ts";
import type { RegisterSlot } from "../ir/register-slot.ts";
import { ConstantTracker } from "./constant-tracker.ts";
import {
  type PassBlock,
  type PassGraph,
  type PassInstruction,
  type PassIsa,
  withInstructions,
} from "./pass-graph.ts";

/** The blocks with constants put in. Nothing is known where the graph is entered. */
export function propagateConstants<B extends PassBlock>(
  graph: PassGraph<B>,
  isa: PassIsa,
): readonly B[] {
  const order = reversePostorder(graph);
  return propagate(graph, isa, order, true) ?? propagate(graph, isa, order, false) ?? graph.blocks;
}

/** One walk; undefined if it found that the guess about loops was wrong. */
function propagate<B extends PassBlock>(
  { blocks, successors, entries = [0] }: PassGraph<B>,
  isa: PassIsa,
  { order, position }: ReturnType<typeof reversePostorder>,
  guess: boolean,
): readonly B[] | undefined {
  const results: B[] = [...blocks];
  /** By block, what is known at its begin as far as edges to it were met. */
  const before: (RegisterConstants | undefined)[] = blocks.map(() => undefined);
  for (const entry of entries) before[entry] = new Map();
  const starts = new Map(blocks.map(({ pc }, block) => [pc, block]));
  const repeats = retreatingTargets(successors, position);
  const writtenFrom = guess ? writesFrom(blocks, order, repeats) : undefined;
  for (const number of order) {
    const block = blocks[number];
    const known = before[number];
    if (!block || !known) continue;
    if (repeats[number]) {
      const written = writtenFrom?.get(number);
      for (const slot of known.keys()) {
        if (!written || written.has(slot)) known.delete(slot);
      }
    }
    const tracker = new ConstantTracker(isa, new Map(known));
    const stepped = block.instructions.map((placed) => tracker.step(placed));
    if (hasNewEdge(block, stepped, successors[number] ?? [], starts)) {
      stepped.splice(-1, 1, ...block.instructions.slice(-1));
    }
    results[number] = withInstructions(block, stepped);
    for (const next of successors[number] ?? []) {
      const there = before[next];
      if (!there) before[next] = new Map(tracker.registers);
      else if ((position[next] ?? 0) > (position[number] ?? 0))
        keepCommon(there, tracker.registers);
      else if (!holds(there, tracker.registers)) return undefined;
    }
  }
  return results;
}

/**
 * Whether a jump has become one to a block that the graph has no edge to: what is known there
 * wouldn't hold on it.
 */
function hasNewEdge(
  { instructions }: PassBlock,
  stepped: readonly PassInstruction[],
  successors: readonly number[],
  starts: ReadonlyMap<number, number>,
): boolean {
  const last = stepped[stepped.length - 1];
  if (!last || last === instructions[instructions.length - 1]) return false;
  return last.targets.some((target) => {
    const block = target === undefined ? undefined : starts.get(target);
    return block !== undefined && !successors.includes(block);
  });
}

/** By block, whether an edge from a block not before it in the order leads to it. */
function retreatingTargets(
  successors: PassGraph["successors"],
  position: Int32Array,
): readonly boolean[] {
  const targets = successors.map(() => false);
  successors.forEach((list, from) => {
    for (const to of list) {
      if ((position[to] ?? 0) <= (position[from] ?? 0)) targets[to] = true;
    }
  });
  return targets;
}

/** By those blocks, the registers that they and the blocks behind them in the order write. */
function writesFrom(
  blocks: readonly PassBlock[],
  order: Int32Array,
  repeats: readonly boolean[],
): ReadonlyMap<number, ReadonlySet<RegisterSlot>> {
  const result = new Map<number, ReadonlySet<RegisterSlot>>();
  const written = new Set<RegisterSlot>();
  for (let index = order.length - 1; index >= 0; index -= 1) {
    const number = order[index] ?? 0;
    for (const { instruction } of blocks[number]?.instructions ?? []) {
      for (const slot of instruction.effects.writes) written.add(slot);
    }
    if (repeats[number]) result.set(number, new Set(written));
  }
  return result;
}

function keepCommon(known: RegisterConstants, other: RegisterConstants): void {
  for (const [slot, value] of known) {
    if (other.get(slot) !== value) known.delete(slot);
  }
}

function holds(known: RegisterConstants, at: RegisterConstants): boolean {
  for (const [slot, value] of known) {
    if (at.get(slot) !== value) return false;
  }
  return true;
}
