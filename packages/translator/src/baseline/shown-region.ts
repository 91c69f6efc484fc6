/** Baseline regions as people look at them. */
import type { Isa } from "@isovm/isa-spec";
import { toAddress } from "../region/address.ts";
import type { GuestCode } from "../region/guest-code.ts";
import type {
  TranslatedBlock,
  TranslatedInstruction,
  TranslatedRegion,
} from "../region/translated-region.ts";
import type { BaselineModule, EmittedBaseline } from "./baseline-module.ts";
import { hasInstruction, parcelFlag } from "./code-region.ts";

/** Describes a region of a module. What its instructions do is what their rows say: no pass sees it. */
export function shownRegion(
  { region, entries, functionIndex }: EmittedBaseline,
  { builder }: BaselineModule,
  code: GuestCode,
  isa: Isa,
): TranslatedRegion {
  const toGuest = (address: number): bigint => toAddress(address, isa.addressWidth);
  const blocks: TranslatedBlock[] = [];
  let open: number[] = [];
  const close = (): void => {
    if (open.length > 0) blocks.push(shownBlock(open));
    open = [];
  };
  const shownBlock = (addresses: readonly number[]): TranslatedBlock => {
    const instructions = addresses.flatMap((pc): TranslatedInstruction[] => {
      const placed = code.at(pc);
      if (!placed) return [];
      const { body, sizeBytes } = placed.instruction;
      const address = toGuest(pc);
      const bytes = code.bytesAt(address, sizeBytes);
      return [{ address, bytes, specialised: { body }, optimised: { body } }];
    });
    const [first = 0] = addresses;
    const last = code.at(addresses[addresses.length - 1] ?? 0);
    const { jumps = [], calls = [], targets = [], next = 0 } = last ?? {};
    const behind = last?.instruction.effects.fallsThrough === true ? [next] : [];
    const known = [...new Set([...jumps, ...calls, ...behind])];
    return {
      address: toGuest(first),
      instructions,
      successors: known.filter((pc) => hasInstruction(region, pc)).map(toGuest),
      exits: known.filter((pc) => !hasInstruction(region, pc)).map(toGuest),
      isOpen: targets.includes(undefined),
    };
  };
  for (const { address, flags, rows, first, last } of region.pages) {
    for (let parcel = first; parcel <= last; parcel += 1) {
      if (!rows[parcel]) continue;
      if (((flags[parcel] ?? 0) & parcelFlag.leader) !== 0) close();
      open.push(address + parcel * region.parcelBytes);
    }
    close();
  }
  return {
    entry: toGuest(entries[0]?.[0] ?? 0),
    entries: entries.map(([address]) => toGuest(address)),
    instructionCount: region.instructionCount,
    blocks,
    wasmText: () => builder.toText(functionIndex),
  };
}
