/**
 * Removal of dead writes: a register that is written again on every way before anything can see it
 * isn't written at all.
 *
 * All registers are seen where the state has to be exact: before an instruction that may be left to
 * the interpreter, where control leaves the graph, and at the targets of retreating edges, where
 * budgets are checked. As nothing is dead there, one walk against the order of control is enough.
 *
 * @see Aho, Lam, Sethi, Ullman: "Compilers", 2nd edition, 9.2.5 (live-variable analysis)
 */
import { reversePostorder } from "../control-flow/reverse-postorder.ts";
import { pruneBody } from "../ir/prune.ts";
import type { RegisterSlot } from "../ir/register-slot.ts";
import type { SpecialisedInstruction } from "../ir/specialise.ts";
import { traitsOf } from "../ir/traits.ts";
import {
  type PassBlock,
  type PassGraph,
  type PassInstruction,
  type PassIsa,
  withBody,
  withInstructions,
} from "./pass-graph.ts";
import { removeWrites } from "./remove-writes.ts";

/** Registers that are surely written before anything sees them. */
type Dead = ReadonlySet<RegisterSlot>;

const nothing: Dead = new Set();

/** The blocks without dead writes; the instructions stay, with empty bodies perhaps. */
export function removeDeadWrites<B extends PassBlock>(
  graph: PassGraph<B>,
  isa: PassIsa,
): readonly B[] {
  const { blocks, successors } = graph;
  const { order, position } = reversePostorder(graph);
  const isObserved = blocks.map((_, block) => block === 0);
  successors.forEach((list, from) => {
    for (const to of list) {
      if ((position[to] ?? 0) <= (position[from] ?? 0)) isObserved[to] = true;
    }
  });
  const results: B[] = [...blocks];
  const deadBefore: Dead[] = blocks.map(() => nothing);
  for (let index = order.length - 1; index >= 0; index -= 1) {
    const number = order[index] ?? 0;
    const block = blocks[number];
    if (!block) continue;
    const next = successors[number] ?? [];
    const behind = mayLeave(block, next, graph)
      ? nothing
      : next.map((to) => deadBefore[to] ?? nothing).reduce(intersection);
    const { instructions, dead } = walkBack(block.instructions, behind, isa);
    results[number] = withInstructions(block, instructions);
    if (!isObserved[number]) deadBefore[number] = dead;
  }
  return results;
}

function walkBack(
  instructions: readonly PassInstruction[],
  behind: Dead,
  isa: PassIsa,
): { readonly instructions: readonly PassInstruction[]; readonly dead: Dead } {
  const kept: PassInstruction[] = [];
  let dead = behind;
  for (let index = instructions.length - 1; index >= 0; index -= 1) {
    const placed = instructions[index];
    if (!placed) continue;
    const rest = reduced(placed, dead, isa);
    kept.push(rest);
    dead = before(rest.instruction, dead);
  }
  return { instructions: kept.reverse(), dead };
}

function reduced(placed: PassInstruction, dead: Dead, isa: PassIsa): PassInstruction {
  const { effects, body, row } = placed.instruction;
  if (dead.size === 0 || !effects.writes.some((slot) => dead.has(slot))) return placed;
  const rest = removeWrites(body, dead, isa.layout);
  return rest === body ? placed : withBody(placed, pruneBody(rest, traitsOf(row)), isa);
}

/** What is dead before an instruction; it reads before it writes. */
function before({ effects }: SpecialisedInstruction, behind: Dead): Dead {
  const { mayLeave: leaves, untranslatable, certainWrites, reads } = effects;
  if (leaves || untranslatable) return nothing;
  const changes =
    certainWrites.some((slot) => !behind.has(slot)) || reads.some((slot) => behind.has(slot));
  if (!changes) return behind;
  const dead = new Set(behind);
  for (const slot of certainWrites) dead.add(slot);
  for (const slot of reads) dead.delete(slot);
  return dead;
}

function intersection(a: Dead, b: Dead): Dead {
  if (a === b) return a;
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  return new Set([...small].filter((slot) => large.has(slot)));
}

/** Whether control may leave the graph at the end of a block. */
function mayLeave(
  { instructions }: PassBlock,
  successors: readonly number[],
  { blocks }: PassGraph,
): boolean {
  const last = instructions[instructions.length - 1];
  if (!last || successors.length === 0) return true;
  const isInside = (address: number | undefined): boolean =>
    successors.some((next) => blocks[next]?.pc === address);
  if (last.instruction.effects.fallsThrough && !isInside(last.next)) return true;
  return !last.targets.every(isInside);
}
