/** A region of guest code: basic blocks with one entry, and where control goes between them. */
import type { SpecialisedInstruction } from "../ir/specialise.ts";

/** An instruction at its place. */
export interface RegionInstruction {
  /** Virtual address. */
  readonly pc: bigint;
  readonly instruction: SpecialisedInstruction;
}

/** Instructions that are executed one after the other. */
export interface RegionBlock {
  readonly pc: bigint;
  readonly instructions: readonly RegionInstruction[];
  /** Address behind the last instruction. */
  readonly end: bigint;
  /** Addresses where an indirect jump at its end is expected to go, all in the region. */
  readonly expected: readonly bigint[];
}

/** A region; its first block is the entry. */
export interface Region {
  readonly entry: bigint;
  readonly blocks: readonly RegionBlock[];
  /** By block: the blocks that it may branch to. */
  readonly successors: readonly (readonly number[])[];
  /** Blocks by their address. */
  readonly blockAt: ReadonlyMap<bigint, number>;
  readonly instructionCount: number;
}
