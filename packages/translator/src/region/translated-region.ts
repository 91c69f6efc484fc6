/** Regions as people look at them: what was translated, and what became of it. */
import type { Isa, Semantics } from "@isovm/isa-spec";
import { toAddress } from "./address.ts";
import type { GuestCode, PlacedInstruction } from "./guest-code.ts";
import type { EmittedRegion, RegionModule } from "./module.ts";
import type { RegionBlock } from "./region.ts";

/** An instruction of a translated region. */
export interface TranslatedInstruction {
  /** Its virtual address in the guest. */
  readonly address: bigint;
  /** Its bytes, in memory order. */
  readonly bytes: Uint8Array;
  /** What its row does for this instruction word; `printSemantics` shows it. */
  readonly specialised: Semantics;
  /** What is left of that after the passes over the region. */
  readonly optimised: Semantics;
}

/** A basic block of a translated region. */
export interface TranslatedBlock {
  readonly address: bigint;
  readonly instructions: readonly TranslatedInstruction[];
  /** Addresses of the blocks of the region that may follow. */
  readonly successors: readonly bigint[];
  /** Addresses outside of the region where control may go. */
  readonly exits: readonly bigint[];
  /** Whether control may go to addresses that nobody knew beforehand, too. */
  readonly isOpen: boolean;
}

/**
 * A region that was translated: guest code, where it is entered, and the WebAssembly that it became.
 *
 * @see {@link TieredOptions.onRegion}
 */
export interface TranslatedRegion {
  /** Address of its first block. */
  readonly entry: bigint;
  /** Addresses where it is entered, that of its first block among them. */
  readonly entries: readonly bigint[];
  /** Guest instructions in it. */
  readonly instructionCount: number;
  readonly blocks: readonly TranslatedBlock[];
  /** Its functions in the text format of WebAssembly; made when it is asked for. */
  wasmText(): string;
}

/** Describes a region of a module. */
export function translatedRegion(
  { formed, optimised, functions }: EmittedRegion,
  { builder }: RegionModule,
  code: GuestCode,
  isa: Isa,
): TranslatedRegion {
  const toGuest = (address: number): bigint => toAddress(address, isa.addressWidth);
  const instruction = (
    { pc, instruction: { body, sizeBytes } }: PlacedInstruction,
    after: PlacedInstruction | undefined,
  ): TranslatedInstruction => ({
    address: toGuest(pc),
    bytes: code.bytesAt(toGuest(pc), sizeBytes),
    specialised: { body },
    optimised: { body: after?.instruction.body ?? body },
  });
  const blocks = formed.blocks.map((block, number): TranslatedBlock => {
    const next = formed.successors[number] ?? [];
    const inside = next.flatMap((successor) => formed.blocks[successor]?.pc ?? []);
    const { known, isOpen } = waysOut(block);
    const after = optimised.blocks[number]?.instructions;
    return {
      address: toGuest(block.pc),
      instructions: block.instructions.map((placed, index) => instruction(placed, after?.[index])),
      successors: inside.map(toGuest),
      exits: known.filter((address) => !inside.includes(address)).map(toGuest),
      isOpen,
    };
  });
  return {
    entry: toGuest(formed.entry),
    entries: formed.entries.map((block) => toGuest(formed.blocks[block]?.pc ?? formed.entry)),
    instructionCount: formed.instructionCount,
    blocks,
    wasmText: () => functions.map((index) => builder.toText(index)).join("\n"),
  };
}

/** Where control goes at the end of a block, as far as that stands in the code. */
function waysOut({ instructions, end }: RegionBlock): {
  readonly known: readonly number[];
  readonly isOpen: boolean;
} {
  const last = instructions[instructions.length - 1];
  const { jumps = [], calls = [], targets = [] } = last ?? {};
  const fallsThrough = last?.instruction.effects.fallsThrough === true;
  return {
    known: [...new Set([...jumps, ...calls, ...(fallsThrough ? [end] : [])])],
    isOpen: targets.includes(undefined),
  };
}
