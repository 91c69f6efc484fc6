/**
 * Which regions of virtual memory were translated by entries for more than one page. An sfence.vma
 * names one address of such a region and means all of it, while a machine's translations are of
 * single pages.
 *
 * @see RISC-V Privileged 20240411, 10.2.1
 */

/** Regions of one size. */
interface Regions {
  readonly pages: number;
  readonly numbers: Set<number>;
}

/** Regions by their size in pages, of harts that may share translations. */
export class LargePages {
  /** Harts that have dropped all translations since the generations last moved on. */
  readonly #dropped: Set<number> = new Set();
  readonly #harts: Set<number> = new Set();
  #current: Regions[] = [];
  #previous: Regions[] = [];
  /** What was noted last, because walks come to the same region many times. */
  #lastPages = 0;
  #lastRegion = 0;

  /** Adds a hart. */
  add(hart: number): void {
    this.#harts.add(hart);
  }

  /** Notes an entry for `pages` pages, the virtual page of that number among them. */
  note(page: number, pages: number): void {
    const region = Math.floor(page / pages);
    if (pages === this.#lastPages && region === this.#lastRegion) return;
    this.#lastPages = pages;
    this.#lastRegion = region;
    let regions = this.#current.find((known) => known.pages === pages);
    if (!regions) {
      regions = { pages, numbers: new Set() };
      this.#current.push(regions);
    }
    regions.numbers.add(region);
  }

  /** Whether a virtual page was translated as part of a larger one. */
  has(page: number): boolean {
    return has(this.#current, page) || has(this.#previous, page);
  }

  /**
   * A hart has dropped all translations. What was noted is forgotten once all have done so since:
   * at the latest the second time that all have.
   */
  dropped(hart: number): void {
    this.#dropped.add(hart);
    if (this.#dropped.size < this.#harts.size) return;
    this.#dropped.clear();
    this.#previous = this.#current;
    this.#current = [];
    this.#lastPages = 0;
  }
}

/** Asked by every fence: without iterators, which are garbage afterwards. */
function has(regions: readonly Regions[], page: number): boolean {
  for (let index = 0; index < regions.length; index += 1) {
    const { pages, numbers } = regions[index] as Regions;
    if (numbers.has(Math.floor(page / pages))) return true;
  }
  return false;
}
