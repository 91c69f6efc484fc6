/** The translation contexts of a system VM: a few numbers for whatever keys harts are in. */

/** Contexts that engines keep tables for. */
const contextCount = 16;

/** What {@link TranslationContexts.select} did. */
export interface Selection {
  /** Whether another context is current than before. */
  readonly changed: boolean;
  /** Whether engines may have translations of another key for it. */
  readonly recycled: boolean;
}

const unchanged: Selection = { changed: false, recycled: false };

/** Numbers contexts by their keys; the one not used for longest is given to a new key. */
export class TranslationContexts {
  readonly count: number = contextCount;
  current = 0;
  /** By key, that used last at the end. */
  readonly #numbers = new Map<string, number>();
  #key: string | undefined;

  /** Makes the context of a key current. */
  select(key: string): Selection {
    if (key === this.#key) return unchanged;
    this.#key = key;
    const known = this.#numbers.get(key);
    const isFresh = known === undefined && this.#numbers.size < this.count;
    let number = isFresh ? this.#numbers.size : known;
    if (number === undefined) {
      const [oldest = ["", 0]] = this.#numbers;
      this.#numbers.delete(oldest[0]);
      number = oldest[1];
    }
    this.#numbers.delete(key);
    this.#numbers.set(key, number);
    const changed = number !== this.current;
    this.current = number;
    return { changed, recycled: known === undefined && !isFresh };
  }

  /** The numbers of the contexts whose key `matches` admits; of all, if absent. */
  *matching(matches: ((key: string) => boolean) | undefined): Iterable<number> {
    for (const [key, number] of this.#numbers) if (!matches || matches(key)) yield number;
  }
}
