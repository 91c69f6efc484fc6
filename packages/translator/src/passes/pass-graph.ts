/** What passes work on: basic blocks of specialised instructions, and where control goes. */
import type { StateLayout } from "@isovm/isa-spec";
import { bodyEffects } from "../ir/effects.ts";
import { targetAddress } from "../ir/jumps.ts";
import type { SpecialisedInstruction } from "../ir/specialise.ts";
import { traitsOf } from "../ir/traits.ts";
import { toAddress, toNumber } from "../region/address.ts";

/** An instruction at its place. Addresses are numbers, see address.ts. */
export interface PassInstruction {
  readonly pc: number;
  /** Address behind it. */
  readonly next: number;
  readonly instruction: SpecialisedInstruction;
  /** By jump of the instruction's effects, where it goes; undefined for indirect ones. */
  readonly targets: readonly (number | undefined)[];
}

/** Instructions that are executed one after the other; only the last one may jump. */
export interface PassBlock {
  readonly pc: number;
  readonly instructions: readonly PassInstruction[];
}

/** Blocks that control enters at block 0, or also at others. */
export interface PassGraph<B extends PassBlock = PassBlock> {
  /** The blocks where it enters, if there are others than block 0. */
  readonly entries?: readonly number[];
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
export function withBody<P extends PassInstruction>(
  placed: P,
  body: SpecialisedInstruction["body"],
  { layout, addressWidth }: PassIsa,
): P {
  const { instruction, pc } = placed;
  const effects = bodyEffects(body, layout, traitsOf(instruction.row));
  const { link } = instruction.effects;
  const { jumps } = effects;
  const address = jumps.length > 0 ? toAddress(pc, addressWidth) : 0n;
  const targets = jumps.map(({ target }) =>
    target
      ? toNumber(targetAddress(target, address, instruction.sizeBytes, addressWidth))
      : undefined,
  );
  return {
    ...placed,
    targets,
    instruction: { ...instruction, body, effects: { ...effects, link } },
  };
}

/** The block with other instructions; itself if they are the same. */
export function withInstructions<B extends PassBlock>(
  block: B,
  instructions: readonly PassInstruction[],
): B {
  const { length } = instructions;
  const isSame =
    length === block.instructions.length &&
    instructions.every((placed, index) => placed === block.instructions[index]);
  return isSame ? block : { ...block, instructions };
}
