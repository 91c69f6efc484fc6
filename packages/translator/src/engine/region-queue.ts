/** Regions on their way to become a WebAssembly module, several at once: modules cost by the piece. */
import type { Region } from "../region/region.ts";

/** Instructions after which a module is made without waiting for more. */
const fullModule = 512;
/** Samples for which regions wait for others. */
const patience = 32;
/** Modules that are made without a region, as its code isn't there then, until it is given up. */
const mostMissed = 8;

/** Collects regions. */
export class RegionQueue {
  /** With how often each one's code was not there. */
  #regions = new Map<Region, number>();
  /** Addresses of their instructions. */
  readonly #addresses = new Set<number>();
  #instructions = 0;
  #waited = 0;

  /** Adds a region. */
  add(region: Region): void {
    this.#regions.set(region, 0);
    this.#instructions += region.instructionCount;
    for (const { instructions } of region.blocks) {
      for (const { pc } of instructions) this.#addresses.add(pc);
    }
  }

  /** Whether a region with an instruction at that address waits. */
  covers(pc: number): boolean {
    return this.#addresses.has(pc);
  }

  /** Whether a region with that entry waits. */
  has(entry: number): boolean {
    return [...this.#regions.keys()].some((region) => region.entry === entry);
  }

  /**
   * To be called at every sample: the regions to translate now, if any. `isThere` says whether a
   * region's code is what the current address space has; what isn't waits for another one.
   */
  take(eager: boolean, isThere: (region: Region) => boolean): readonly Region[] {
    if (this.#regions.size === 0) return [];
    this.#waited += 1;
    if (!eager && this.#instructions < fullModule && this.#waited < patience) return [];
    const waiting = [...this.#regions];
    this.clear();
    const taken: Region[] = [];
    for (const [region, missed] of waiting) {
      if (isThere(region)) taken.push(region);
      else if (missed + 1 < mostMissed) {
        this.add(region);
        this.#regions.set(region, missed + 1);
      }
    }
    // Those that are left don't make a module full.
    this.#instructions = 0;
    return taken;
  }

  /** Gives them all up. */
  clear(): void {
    this.#regions = new Map();
    this.#addresses.clear();
    this.#instructions = 0;
    this.#waited = 0;
  }
}
