/** A region of guest code: basic blocks, where it is entered, and where control goes between them. */
import type { PlacedInstruction } from "./guest-code.ts";

/** Instructions that are executed one after the other. */
export interface RegionBlock {
  readonly pc: number;
  readonly instructions: readonly PlacedInstruction[];
  /** Address behind the last instruction. */
  readonly end: number;
  /** Addresses where an indirect jump at its end is expected to go, all in the region. */
  readonly expected: readonly number[];
}

/** How a region is translated. */
export type RegionTier =
  /** Quickly, with registers in memory. */
  | "baseline"
  /** By passes over its IR, with registers in locals. */
  | "optimised";

/** A region. Addresses are numbers, see address.ts. */
export interface Region {
  /** Address of its first block. */
  readonly entry: number;
  /** By number of the entry: the block where the region is entered; the first one is block 0. */
  readonly entries: readonly number[];
  readonly blocks: readonly RegionBlock[];
  /** By block: the blocks that it may branch to. */
  readonly successors: readonly (readonly number[])[];
  /** Blocks by their address. */
  readonly blockAt: ReadonlyMap<number, number>;
  readonly instructionCount: number;
}
