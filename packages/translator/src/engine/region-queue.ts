/** Regions on their way to become a WebAssembly module, several at once: modules cost by the piece. */
import type { Region } from "../region/region.ts";

/** Instructions after which a module is made without waiting for more. */
const fullModule = 512;
/** Samples for which regions wait for others. */
const patience = 32;

/** Collects regions. */
export class RegionQueue {
  #regions: Region[] = [];
  /** Addresses of their instructions. */
  readonly #addresses = new Set<number>();
  #instructions = 0;
  #waited = 0;

  /** Adds a region. */
  add(region: Region): void {
    this.#regions.push(region);
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
    return this.#regions.some((region) => region.entry === entry);
  }

  /** To be called at every sample: the regions to translate now, if any. */
  take(eager: boolean): readonly Region[] {
    if (this.#regions.length === 0) return [];
    this.#waited += 1;
    if (!eager && this.#instructions < fullModule && this.#waited < patience) return [];
    const regions = this.#regions;
    this.#clear();
    return regions;
  }

  #clear(): void {
    this.#regions = [];
    this.#addresses.clear();
    this.#instructions = 0;
    this.#waited = 0;
  }
}
