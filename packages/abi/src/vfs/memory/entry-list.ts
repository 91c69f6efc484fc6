/**
 * The entries of an in-memory directory, listed in the order in which they were made.
 *
 * Each entry keeps one position for its whole life, and positions are never used again; so a
 * listing that goes on while names come and go shows every lasting name exactly once, as POSIX
 * demands of `readdir`.
 */

interface Slot<Value> {
  readonly name: string;
  value: Value;
  readonly position: number;
  removed: boolean;
}

/** An insertion-ordered map with stable positions. */
export class EntryList<Value> {
  readonly #byName = new Map<string, Slot<Value>>();
  #order: Slot<Value>[] = [];
  #nextPosition: number;

  constructor(firstPosition: number) {
    this.#nextPosition = firstPosition;
  }

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): Value | undefined {
    return this.#byName.get(name)?.value;
  }

  /** Adds a name, or gives a name that exists another value in its old position. */
  set(name: string, value: Value): void {
    const known = this.#byName.get(name);
    if (known !== undefined) {
      known.value = value;
      return;
    }
    const slot = { name, value, position: this.#nextPosition, removed: false };
    this.#nextPosition += 1;
    this.#byName.set(name, slot);
    this.#order.push(slot);
  }

  delete(name: string): void {
    const slot = this.#byName.get(name);
    if (slot === undefined) return;
    slot.removed = true;
    this.#byName.delete(name);
    if (this.#order.length > 32 && this.#order.length > this.#byName.size * 2) {
      this.#order = this.#order.filter(({ removed }) => !removed);
    }
  }

  /** The entries whose position is at least `position`, as they are when they are reached. */
  *from(position: number): Generator<{ name: string; value: Value; position: number }> {
    let at = position;
    while (true) {
      // Searched anew each time, since the list may have been compacted in between.
      const slot = this.#firstFrom(at);
      if (slot === undefined) return;
      at = slot.position + 1;
      yield slot;
    }
  }

  values(): Iterable<Value> {
    return Array.from(this.#byName.values(), ({ value }) => value);
  }

  #firstFrom(position: number): Slot<Value> | undefined {
    const order = this.#order;
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((order[middle]?.position ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    while (order[low]?.removed === true) low += 1;
    return order[low];
  }
}
