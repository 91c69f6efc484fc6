/**
 * Which regions of virtual memory were translated by entries for more than one page. An sfence.vma
 * names one address of such a region and means all of it, while a machine's translations are of
 * single pages.
 *
 * @see RISC-V Privileged 20240411, 10.2.1
 */

/** Regions by their size in pages. */
export class LargePages {
  readonly #regions: Map<number, Set<number>> = new Map();

  /** Notes an entry for `pages` pages, the virtual page of that number among them. */
  note(page: number, pages: number): void {
    let regions = this.#regions.get(pages);
    if (!regions) {
      regions = new Set();
      this.#regions.set(pages, regions);
    }
    regions.add(Math.floor(page / pages));
  }

  /** Whether a virtual page was translated as part of a larger one. */
  has(page: number): boolean {
    for (const [pages, regions] of this.#regions) {
      if (regions.has(Math.floor(page / pages))) return true;
    }
    return false;
  }

  /** To be called when no translation is left. */
  clear(): void {
    this.#regions.clear();
  }
}
