/**
 * Where an interpreter spends its time, by samples: how many were taken in each place, a few dozen
 * bytes of code. Samples are taken after fixed numbers of instructions, so that a run repeats.
 */
const placeBytes = 64;
/** A place is cold, seen from another one, if it has so many times fewer samples. */
const coldness = 32;
/** Places kept; those with few samples are forgotten when there are more. */
const capacity = 1 << 14;

/** Samples by place. */
export class HotSpots {
  readonly #samples = new Map<number, number>();
  #fairShare = 0;

  /** Counts a sample; true if its place has `least`, twice as many, and so on. */
  sample(pc: number, least: number): boolean {
    const place = placeOf(pc);
    const count = (this.#samples.get(place) ?? 0) + 1;
    this.#samples.set(place, count);
    if (this.#samples.size > capacity) this.#forgetHalf();
    this.#fairShare = count / coldness;
    return count >= least && (count & (count - 1)) === 0;
  }

  /** Takes a place for warm although no sample was taken there. */
  visit(pc: number): void {
    const place = placeOf(pc);
    if (!this.#samples.has(place)) this.#samples.set(place, 0);
  }

  /** Whether the place of an address was visited, or has a fair share of the last one's samples. */
  isWarm(pc: number): boolean {
    const count = this.#samples.get(placeOf(pc));
    return count !== undefined && (count === 0 || count >= this.#fairShare);
  }

  /** Samples in the places of all addresses; if there are so many, they are taken away. */
  take(pcs: Iterable<number>, least: number): boolean {
    const places = new Set<number>();
    for (const pc of pcs) places.add(placeOf(pc));
    let sum = 0;
    for (const place of places) sum += this.#samples.get(place) ?? 0;
    if (sum < least) return false;
    for (const place of places) this.#samples.delete(place);
    return true;
  }

  #forgetHalf(): void {
    for (const [place, count] of this.#samples) {
      if (count < 2) this.#samples.delete(place);
      else this.#samples.set(place, count >> 1);
    }
  }
}

function placeOf(pc: number): number {
  return Math.floor(pc / placeBytes);
}
