/**
 * Decides what becomes a baseline region: where samples are taken often, or where control left the
 * last region, if what begins there has gathered samples enough.
 */
import type { RegionHost } from "@isovm/isa-spec";
import { HotSpots } from "../engine/hot-spots.ts";
import { toNumber } from "../region/address.ts";
import { type CodeRegion, type CodeRegions, hasInstruction } from "./code-region.ts";

/** Samples in one place before it is looked at. */
const samplesToLook = 4;
/** Samples of a region for each of its instructions: what its translation costs. */
const samplesToTranslate = 0.06;
/** Instructions of a region at most. */
const regionLimit = 200;
/** Instructions after which a module is made without waiting for more … */
const fullModule = 1024;
/** … and samples for which regions wait for others. */
const patience = 32;

/** What a search works with. */
export interface BaselineSearchOptions {
  readonly host: RegionHost;
  /** Number of the current translation context. */
  readonly context: () => number;
  readonly regions: CodeRegions;
  /** Samples for each instruction; with 0, every sample makes a region. */
  readonly threshold: number | undefined;
  readonly limit: number;
  /** Whether much of the time is spent among certain addresses: that is worth more than this tier. */
  readonly isLoop: (has: (pc: number) => boolean) => boolean;
}

/** The search for baseline regions of one engine. */
export class BaselineSearch {
  readonly #options: BaselineSearchOptions;
  readonly #hotSpots = new HotSpots();
  /** By translation context: regions that wait, by the address that they were found at. */
  readonly #queues = new Map<number, Map<number, CodeRegion>>();
  #waited = 0;

  constructor(options: BaselineSearchOptions) {
    this.#options = options;
  }

  /** Notes where the interpreter is, and queues what has become worth it. */
  sample(): void {
    const { host, threshold } = this.#options;
    const { state, regions } = host;
    const pc = toNumber(state.pc);
    const isHot = this.#hotSpots.sample(pc, threshold === undefined ? samplesToLook : 1);
    if (!isHot && threshold !== 0) return;
    const { lastExit } = regions;
    if (threshold !== 0 && !regions.isMarked(lastExit) && this.#consider(toNumber(lastExit)))
      return;
    if (!regions.isMarked(state.pc)) this.#consider(pc);
  }

  /** The regions that are to be translated now; to be called once for every sample. */
  take(): readonly CodeRegion[] {
    const queue = this.#queue;
    if (queue.size === 0) return [];
    this.#waited += 1;
    let instructions = 0;
    for (const { instructionCount } of queue.values()) instructions += instructionCount;
    const isFull = instructions >= fullModule || this.#waited >= patience;
    if (!isFull && this.#options.threshold !== 0) return [];
    this.#waited = 0;
    const found = [...queue.values()].filter((region) => this.#options.regions.isIntact(region));
    queue.clear();
    return found;
  }

  /** Gives up the regions that wait for their translation. */
  forget(): void {
    this.#queues.clear();
  }

  #consider(entry: number): boolean {
    const queue = this.#queue;
    if (queue.has(entry)) return true;
    const region = this.#find(entry);
    if (!region || this.#options.isLoop((pc) => hasInstruction(region, pc))) return false;
    const least = (this.#options.threshold ?? samplesToTranslate) * region.instructionCount;
    if (!this.#hotSpots.take(addressesOf(region), least)) return false;
    queue.set(entry, region);
    return true;
  }

  #find(entry: number): CodeRegion | undefined {
    const { limit, regions } = this.#options;
    return regions.find(entry, Math.min(limit, regionLimit));
  }

  get #queue(): Map<number, CodeRegion> {
    const context = this.#options.context();
    let queue = this.#queues.get(context);
    if (!queue) {
      queue = new Map();
      this.#queues.set(context, queue);
    }
    return queue;
  }
}

function* addressesOf({ pages, parcelBytes }: CodeRegion): Iterable<number> {
  for (const { address, first, last, rows } of pages) {
    for (let parcel = first; parcel <= last; parcel += 1) {
      if (rows[parcel]) yield address + parcel * parcelBytes;
    }
  }
}
