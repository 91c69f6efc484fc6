/** The passes over a region, in the order in which each helps the next. */
import type { Isa } from "@isovm/isa-spec";
import { combineShifts } from "../passes/combine-shifts.ts";
import { removeDeadWrites } from "../passes/dead-writes.ts";
import { propagateConstants } from "../passes/propagate-constants.ts";
import type { Region } from "./region.ts";

/** The region with simpler instructions that do the same wherever it can be left. */
export function optimise(region: Region, isa: Isa): Region {
  const propagated = propagateConstants(region, isa);
  const combined = propagated.map((block) => combineShifts(block, isa));
  return { ...region, blocks: removeDeadWrites({ ...region, blocks: combined }, isa) };
}
