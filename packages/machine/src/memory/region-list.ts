/**
 * The mappings of an address space: disjoint regions sorted by address. Regions are immutable, so
 * that they can be handed out and shared with forked spaces; a change replaces them.
 */
import type { Region } from "@isovm/abi";
import type { SharedPages } from "./page-cache.ts";

/** A region and what backs it. */
export interface MappedRegion extends Region {
  /** The pages of the file, or of a shared anonymous mapping; private anonymous regions have none. */
  readonly pages?: SharedPages | undefined;
  /** Offsets of the source at and beyond this one read as zeros. */
  readonly visibleEnd: number;
}

/** Regions sorted by address. */
export class RegionList {
  #regions: MappedRegion[];
  #mappedBytes = 0;
  /** The region looked up last. */
  #recent: MappedRegion | undefined;

  constructor(regions: readonly MappedRegion[] = []) {
    this.#regions = [...regions];
    for (const { start, end } of regions) this.#mappedBytes += end - start;
  }

  get count(): number {
    return this.#regions.length;
  }

  get mappedBytes(): number {
    return this.#mappedBytes;
  }

  /** All regions as of now. */
  all(): MappedRegion[] {
    return [...this.#regions];
  }

  /** The region at an address. */
  at(address: number): MappedRegion | undefined {
    const recent = this.#recent;
    if (recent !== undefined && recent.start <= address && address < recent.end) return recent;
    const region = this.#regions[this.#firstEndingAfter(address)];
    if (region === undefined || region.start > address) return undefined;
    this.#recent = region;
    return region;
  }

  /** The regions that overlap `[start, end)`. */
  overlapping(start: number, end: number): MappedRegion[] {
    const first = this.#firstEndingAfter(start);
    let last = first;
    while ((this.#regions[last]?.start ?? end) < end) last++;
    return this.#regions.slice(first, last);
  }

  /** The parts of regions that lie in `[start, end)`. */
  within(start: number, end: number): MappedRegion[] {
    return this.overlapping(start, end).map((region) => slice(region, start, end));
  }

  /** True if no byte of `[start, end)` is unmapped. */
  covers(start: number, end: number): boolean {
    let at = start;
    for (let index = this.#firstEndingAfter(start); at < end; index++) {
      const region = this.#regions[index];
      if (region === undefined || region.start > at) return false;
      at = region.end;
    }
    return true;
  }

  /** Puts regions, sorted and all within `[start, end)`, in place of what is there. */
  replace(start: number, end: number, replacement: readonly MappedRegion[]): void {
    // One neighbour on either side takes part, because it may have become mergeable.
    const first = Math.max(0, this.#firstEndingAfter(start) - 1);
    let last = first;
    while ((this.#regions[last]?.start ?? Number.POSITIVE_INFINITY) <= end) last++;
    const merged: MappedRegion[] = [];
    const old = this.#regions.slice(first, last);
    for (const region of old) if (region.start < start) append(merged, slice(region, 0, start));
    for (const region of replacement) append(merged, region);
    for (const region of old) {
      if (region.end > end) append(merged, slice(region, end, Number.POSITIVE_INFINITY));
    }
    for (const region of old) this.#mappedBytes -= region.end - region.start;
    for (const region of merged) this.#mappedBytes += region.end - region.start;
    this.#recent = undefined;
    this.#regions.splice(first, last - first, ...merged);
  }

  /** Start of the highest gap of `length` bytes in `[lowest, highest)`, aligned. */
  findFree(length: number, lowest: number, highest: number, alignment: number): number | undefined {
    let ceiling = highest;
    let index = this.#firstEndingAfter(highest);
    for (;;) {
      const region = this.#regions[index];
      if (region !== undefined && region.start < ceiling) {
        const found = highestFit(length, Math.max(lowest, region.end), ceiling, alignment);
        if (found !== undefined) return found;
        ceiling = region.start;
      }
      if (index === 0 || ceiling <= lowest) break;
      index--;
    }
    return highestFit(length, lowest, ceiling, alignment);
  }

  #firstEndingAfter(address: number): number {
    let low = 0;
    let high = this.#regions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#regions[middle] as MappedRegion).end > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The part of a region in `[start, end)`; not empty. */
function slice(region: MappedRegion, start: number, end: number): MappedRegion {
  if (region.start >= start && region.end <= end) return region;
  const newStart = Math.max(region.start, start);
  return {
    ...region,
    start: newStart,
    end: Math.min(region.end, end),
    sourceOffset: region.pages ? region.sourceOffset + newStart - region.start : 0,
  };
}

/** Appends a region, merged with the last one if they differ in nothing. */
function append(regions: MappedRegion[], region: MappedRegion): void {
  const last = regions.at(-1);
  if (
    last !== undefined &&
    last.end === region.start &&
    last.protection === region.protection &&
    last.shared === region.shared &&
    last.pages === region.pages &&
    last.visibleEnd === region.visibleEnd &&
    last.name === region.name &&
    (last.pages === undefined || last.sourceOffset + last.end - last.start === region.sourceOffset)
  ) {
    regions[regions.length - 1] = { ...last, end: region.end };
  } else {
    regions.push(region);
  }
}

function highestFit(
  length: number,
  lowest: number,
  highest: number,
  alignment: number,
): number | undefined {
  const start = Math.floor((highest - length) / alignment) * alignment;
  return start >= lowest ? start : undefined;
}
