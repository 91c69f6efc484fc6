/** What passes work on: basic blocks of specialised instructions, and where control goes. */
import type { StateLayout } from "@isovm/isa-spec";
import { bodyEffects } from "../ir/effects.ts";
import type { SpecialisedInstruction } from "../ir/specialise.ts";
import { traitsOf } from "../ir/traits.ts";

/** An instruction at its place. */
export interface PlacedInstruction {
  /** Virtual address. */
  readonly pc: bigint;
  readonly instruction: SpecialisedInstruction;
}

/** Instructions that are executed one after the other; only the last one may jump. */
export interface PassBlock {
  readonly pc: bigint;
  readonly instructions: readonly PlacedInstruction[];
}

/** Blocks that control enters at block 0 alone. */
export interface PassGraph<B extends PassBlock = PassBlock> {
  readonly blocks: readonly B[];
  /** By block, the blocks that it may be followed by; control may also leave the graph. */
  readonly successors: readonly (readonly number[])[];
}

/** The parts of an ISA that passes need. */
export interface PassIsa {
  readonly layout: StateLayout;
  readonly addressWidth: number;
}

/** The instruction with another body; what its jumps are for stays known. */
export function withBody(
  instruction: SpecialisedInstruction,
  body: SpecialisedInstruction["body"],
  layout: StateLayout,
): SpecialisedInstruction {
  const effects = bodyEffects(body, layout, traitsOf(instruction.row));
  return { ...instruction, body, effects: { ...effects, link: instruction.effects.link } };
}

/** The block with other instructions; itself if they are the same. */
export function withInstructions<B extends PassBlock>(
  block: B,
  instructions: readonly PlacedInstruction[],
): B {
  const { length } = instructions;
  const isSame =
    length === block.instructions.length &&
    instructions.every((placed, index) => placed === block.instructions[index]);
  return isSame ? block : { ...block, instructions };
}
