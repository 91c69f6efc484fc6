/**
 * Decides what is translated: samples tell where the interpreter spends its time, steps from there
 * where a region is best entered, and the samples in it whether it is worth its translation.
 */
import type { Exit, RegionHost } from "@isovm/isa-spec";
import { toNumber } from "../region/address.ts";
import { formRegion } from "../region/formation.ts";
import type { GuestCode, PlacedInstruction } from "../region/guest-code.ts";
import type { Region } from "../region/region.ts";
import type { KeptProfile } from "../store/kept-profile.ts";
import { HotSpots } from "./hot-spots.ts";
import { IndirectTargets } from "./indirect-targets.ts";
import { RegionQueue } from "./region-queue.ts";

/** How a search decides; see `TieredOptions`. */
export interface RegionSearchOptions {
  readonly threshold: number;
  readonly regionLimit: number;
  readonly coldCode: boolean;
  /** Whether regions are entered at their loops, too. */
  readonly entersLoops: boolean;
  /** Where indirect jumps went in an earlier run. */
  readonly targets?: KeptProfile["targets"] | undefined;
}

/** Instructions translated before the host has compiled the translator itself. */
const practice = 4000;
/** How many times as much each instruction costs until then. */
const clumsiness = 2;
/** Samples in one place before it is looked at: for each unit of a translated instruction's cost. */
const samplesToLook = 32;
/** Instructions that are stepped through in search of a good place to enter. */
const entrySearch = 96;

/** The search for regions of one engine. */
export class RegionSearch {
  readonly #host: RegionHost;
  readonly #code: GuestCode;
  readonly #options: RegionSearchOptions;
  readonly #hotSpots = new HotSpots();
  readonly #indirectTargets = new IndirectTargets();
  readonly #queue = new RegionQueue();
  /** Instructions given out for translation so far. */
  #practised = 0;

  constructor(host: RegionHost, code: GuestCode, options: RegionSearchOptions) {
    this.#host = host;
    this.#code = code;
    this.#options = options;
    for (const [jump, known] of options.targets ?? []) {
      for (const target of known) this.#indirectTargets.note(jump, target);
    }
  }

  /** Where indirect jumps went. */
  targets(): KeptProfile["targets"] {
    return this.#indirectTargets.all();
  }

  /**
   * Notes where the interpreter is and looks for a region there if it is too often. That executes
   * `left` instructions at most, and none after an interruption; the exit of one that ended the run
   * is returned.
   */
  sample(left: number, isInterrupted: () => boolean): Exit | undefined {
    const pc = toNumber(this.#host.state.pc);
    if (this.#options.threshold === 0) {
      this.#consider(pc);
      return undefined;
    }
    const isHot =
      !this.#queue.covers(pc) && this.#hotSpots.sample(pc, samplesToLook * this.#cost());
    return isHot ? this.#lookFor(pc, left, isInterrupted) : undefined;
  }

  /** The regions that are to be translated now; to be called once for every sample. */
  take(): readonly Region[] {
    // Code may have changed while they waited, or be that of another address space.
    const isThere = (region: Region): boolean => this.#code.has(instructionsOf(region));
    const regions = this.#queue.take(this.#options.threshold === 0, isThere);
    for (const { instructionCount } of regions) this.#practised += instructionCount;
    return regions;
  }

  /**
   * Finds a region for a sample, and where indirect jumps go. It begins at the start of a loop or
   * function, stepping on to it; or where the last region left to the interpreter, if another one
   * comes before any of those.
   */
  #lookFor(sampled: number, left: number, isInterrupted: () => boolean): Exit | undefined {
    const { regions, state } = this.#host;
    const steps = Math.min(entrySearch, left);
    let entry: number | undefined;
    let pc = sampled;
    let exit: Exit | undefined;
    const { breakpoints } = this.#host;
    for (let step = 0; step < steps && !exit && !isInterrupted(); step += 1) {
      if (breakpoints.size > 0 && breakpoints.has(state.pc)) break;
      const before = pc;
      this.#hotSpots.visit(before);
      const stepped = regions.step();
      if (stepped.kind !== "budget") exit = stepped;
      pc = toNumber(state.pc);
      this.#observe(before, pc);
      if (entry !== undefined) continue;
      if (regions.isMarked(state.pc)) entry = this.#lastExit() ?? sampled;
      else if (pc <= before) entry = pc;
    }
    this.#consider(entry ?? sampled);
    return exit;
  }

  /** Where the last region left to the interpreter, unless a region begins there. */
  #lastExit(): number | undefined {
    const { regions } = this.#host;
    const { lastExit } = regions;
    if (regions.isMarked(lastExit)) return undefined;
    const placed = this.#code.at(toNumber(lastExit));
    return placed && this.#wasExecuted(placed) ? placed.pc : undefined;
  }

  /** Gives up the regions that wait for their translation. */
  forget(): void {
    this.#queue.clear();
  }

  #observe(before: number, after: number): void {
    const { targets = [] } = this.#code.at(before) ?? {};
    if (targets.includes(undefined)) this.#indirectTargets.note(before, after);
  }

  /** Queues the region at an entry if it is worth it. */
  #consider(entry: number): void {
    if (this.#queue.has(entry)) return;
    this.#hotSpots.visit(entry);
    const { coldCode, entersLoops, regionLimit } = this.#options;
    const region = formRegion(entry, {
      code: this.#code,
      includes: (placed) =>
        coldCode || (this.#hotSpots.isWarm(placed.pc) && this.#wasExecuted(placed)),
      observed: ({ pc }) => this.#indirectTargets.of(pc),
      entersLoops,
      limit: regionLimit,
    });
    if (!region) return;
    const samples = this.#cost() * region.instructionCount;
    if (!this.#hotSpots.take(addressesOf(region), samples)) return;
    this.#queue.add(region);
  }

  /** What the translation of an instruction costs, in samples. */
  #cost(): number {
    const { threshold } = this.#options;
    return this.#practised < practice ? clumsiness * threshold : threshold;
  }

  #wasExecuted({ frame, offset }: PlacedInstruction): boolean {
    return this.#host.regions.wasExecuted(frame, offset);
  }
}

function* addressesOf(region: Region): Iterable<number> {
  for (const { pc } of instructionsOf(region)) yield pc;
}

function* instructionsOf({ blocks }: Region): Iterable<PlacedInstruction> {
  for (const { instructions } of blocks) yield* instructions;
}
