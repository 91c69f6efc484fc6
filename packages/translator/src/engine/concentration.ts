/** Whether a program spends its time in few places, as loops do, or everywhere, as flat code does. */

/** Of so many last samples … */
const recentSamples = 32;
/** … so many have to be in one place for a loop, … */
const samplesOfLoop = 12;
/** … and in so many places for flat code: at a change from one loop to another they are in two. */
const placesOfFlatCode = 8;
/** Bytes of a place. */
const placeBytes = 2048;

/** The last samples of one engine. */
export class Concentration {
  /** Addresses, numbers as in region/address.ts; a ring. */
  readonly #recent: number[] = [];
  #next = 0;
  /** Samples by place. */
  readonly #places = new Map<number, number>();

  /** Notes a sample; true if it is one of a loop, or there are too few to tell. */
  sample(pc: number): boolean {
    const last = this.#recent[this.#next];
    if (last !== undefined) this.#count(last, -1);
    this.#recent[this.#next] = pc;
    this.#next = (this.#next + 1) % recentSamples;
    return this.#count(pc, 1) >= samplesOfLoop || this.#places.size < placesOfFlatCode;
  }

  /** Whether many of the last samples were among certain addresses. */
  isIn(has: (pc: number) => boolean): boolean {
    let count = 0;
    for (const pc of this.#recent) if (has(pc)) count += 1;
    return count >= samplesOfLoop;
  }

  #count(pc: number, change: number): number {
    const place = Math.floor(pc / placeBytes);
    const count = (this.#places.get(place) ?? 0) + change;
    if (count > 0) this.#places.set(place, count);
    else this.#places.delete(place);
    return count;
  }
}
