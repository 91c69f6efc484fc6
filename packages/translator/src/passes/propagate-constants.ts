/**
 * Constant propagation: registers that hold the same value whenever an instruction is reached
 * become constants in it, and so does the program counter where a register depends on it. An
 * indirect jump to an address made of constants becomes a direct one.
 *
 * @see Wegman, Zadeck: "Constant propagation with conditional branches", TOPLAS 13(2), 1991: this
 * is their simple algorithm, without conditions
 */
import type { RegisterConstants } from "../ir/knowledge.ts";
import type { RegisterSlot } from "../ir/register-slot.ts";
import { rewriteBody } from "../ir/rewrite.ts";
import type { SpecialisedInstruction } from "../ir/specialise.ts";
import { traitsOf } from "../ir/traits.ts";
import {
  type PassBlock,
  type PassGraph,
  type PassIsa,
  type PlacedInstruction,
  withBody,
  withInstructions,
} from "./pass-graph.ts";

/** The blocks with constants put in. Nothing is known where block 0 is entered. */
export function propagateConstants<B extends PassBlock>(
  { blocks, successors }: PassGraph<B>,
  isa: PassIsa,
): readonly B[] {
  const before: (Map<RegisterSlot, bigint> | undefined)[] = blocks.map(() => undefined);
  const results: B[] = [...blocks];
  before[0] = new Map();
  const queue = [0];
  const isQueued = blocks.map((_, block) => block === 0);
  for (let number = queue.shift(); number !== undefined; number = queue.shift()) {
    isQueued[number] = false;
    const block = blocks[number];
    if (!block) continue;
    const tracker = new ConstantTracker(isa, before[number]);
    results[number] = withInstructions(
      block,
      block.instructions.map((placed) => tracker.step(placed)),
    );
    for (const next of successors[number] ?? []) {
      const known = before[next];
      if (known && !meet(known, tracker.registers)) continue;
      if (!known) before[next] = new Map(tracker.registers);
      if (isQueued[next]) continue;
      isQueued[next] = true;
      queue.push(next);
    }
  }
  return results;
}

/** Keeps what both know; whether that is less than before. */
function meet(known: Map<RegisterSlot, bigint>, other: RegisterConstants): boolean {
  const size = known.size;
  for (const [slot, value] of known) {
    if (other.get(slot) !== value) known.delete(slot);
  }
  return known.size < size;
}

/** Follows which registers hold constants along a straight line of instructions. */
export class ConstantTracker {
  readonly #isa: PassIsa;
  #registers: RegisterConstants;

  /** `registers` are what is known before the first instruction. */
  constructor(isa: PassIsa, registers: RegisterConstants = new Map()) {
    this.#isa = isa;
    this.#registers = registers;
  }

  /** What registers hold behind the last instruction, wherever it went. */
  get registers(): RegisterConstants {
    return this.#registers;
  }

  /** The next instruction, with constants put in. */
  step(placed: PlacedInstruction): PlacedInstruction {
    const { instruction } = placed;
    const { reads, writes } = instruction.effects;
    const isSource = reads.length === 0 && writes.length > 0;
    if (!isSource && !reads.some((slot) => this.#registers.has(slot))) {
      this.#forget(writes);
      return placed;
    }
    const rewritten = this.#rewrite(placed);
    return rewritten === instruction ? placed : { pc: placed.pc, instruction: rewritten };
  }

  #rewrite({ pc, instruction }: PlacedInstruction): SpecialisedInstruction {
    const { layout, addressWidth } = this.#isa;
    const nextPc = BigInt.asUintN(addressWidth, pc + BigInt(instruction.sizeBytes));
    const { body, registers } = rewriteBody(instruction.body, {
      layout,
      place: { pc, nextPc },
      registers: this.#registers,
      traits: traitsOf(instruction.row),
    });
    this.#registers = registers;
    return withBody(instruction, body, layout);
  }

  #forget(writes: readonly RegisterSlot[]): void {
    if (!writes.some((slot) => this.#registers.has(slot))) return;
    const rest = new Map(this.#registers);
    for (const slot of writes) rest.delete(slot);
    this.#registers = rest;
  }
}
