/**
 * The pages that engines hold code of. A page that is written to often is taken for data and loses
 * its mark, as every store to marked pages takes a slow path: an operating system gives pages of
 * programs that have ended to others. What is executed there later marks it again, and then it
 * takes twice as many stores, so that pages with code and data in them don't lose code over and over.
 */

/** Stores to a marked page until it loses its mark, for the first time … */
const firstStores = 32;
/** … and how often that number is doubled at most. */
const mostDoublings = 8;

/** Marks by number of the page. */
export class CodeMarks {
  readonly #marked: Uint8Array;
  /** By page: stores since it was marked. */
  readonly #stores: Uint16Array;
  /** By page: how often it lost its mark. */
  readonly #losses: Uint8Array;

  constructor(pages: number) {
    this.#marked = new Uint8Array(pages);
    this.#stores = new Uint16Array(pages);
    this.#losses = new Uint8Array(pages);
  }

  has(page: number): boolean {
    return this.#marked[page] === 1;
  }

  mark(page: number): void {
    if (this.#marked[page] === 1) return;
    this.#marked[page] = 1;
    this.#stores[page] = 0;
  }

  /** Counts a store to a marked page; true if it has lost its mark by that. */
  wrote(page: number): boolean {
    if (this.#marked[page] !== 1) return false;
    const stores = (this.#stores[page] ?? 0) + 1;
    const losses = this.#losses[page] ?? 0;
    this.#stores[page] = stores;
    if (stores < firstStores << losses) return false;
    this.#marked[page] = 0;
    this.#losses[page] = Math.min(losses + 1, mostDoublings);
    return true;
  }

  /** The marked pages. */
  *all(): Iterable<number> {
    for (let page = 0; page < this.#marked.length; page += 1) if (this.has(page)) yield page;
  }
}
