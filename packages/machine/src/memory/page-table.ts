/**
 * A sparse two-level page table: page number -> entry. An entry is the byte offset of a frame, whose
 * low 12 bits are free to hold the rights that need no further thought; 0 is "not present".
 */

/** Entry bits: the accesses that may go ahead at once. They equal `Protection`'s numbers. */
export const EntryBit = { read: 1, write: 2, execute: 4, present: 8 } as const;

const CHUNK_BITS = 10;
const CHUNK_PAGES = 1 << CHUNK_BITS;
/** 1024 pages of 4096 bytes: a chunk of the table covers 4 MiB and occupies one page itself. */
const CHUNKS_PER_BYTE = 2 ** -22;

/** The frame of an entry. */
export function frameOf(entry: number): number {
  return (entry & ~0xfff) >>> 0;
}

interface Chunk {
  readonly entries: Uint32Array;
  present: number;
}

/** Whom a table asks for chunks, 4 KiB of the host's memory each; `force` goes beyond the limit. */
export interface PageTableBudget {
  charge(chunks: number, force?: boolean): boolean;
  uncharge(chunks: number): void;
}

/** Called with each present entry; what it returns takes the entry's place. */
export type EntryVisitor = (entry: number, page: number) => number;

/** A power of two; 64 chunks cover 256 MiB. */
const RECENT_CHUNKS = 64;
const NO_ENTRIES = new Uint32Array(CHUNK_PAGES);

/** The table of one address space. */
export class PageTable {
  readonly #budget: PageTableBudget;
  readonly #chunks: Map<number, Chunk> = new Map();
  /**
   * Chunks looked up lately, direct-mapped by chunk number: guest accesses cluster, and a `Map`
   * lookup alone takes several times as long as the rest of a translation.
   */
  readonly #recentNumbers: Int32Array = new Int32Array(RECENT_CHUNKS).fill(-1);
  readonly #recentEntries: Uint32Array[] = new Array<Uint32Array>(RECENT_CHUNKS).fill(NO_ENTRIES);

  constructor(budget: PageTableBudget) {
    this.#budget = budget;
  }

  /** Chunks in use, each of which is charged. */
  get chunkCount(): number {
    return this.#chunks.size;
  }

  /** The entry for a byte address below 2^52. */
  entryAt(address: number): number {
    const index = Math.floor(address * CHUNKS_PER_BYTE);
    const slot = index & (RECENT_CHUNKS - 1);
    if (this.#recentNumbers[slot] !== index) this.#recall(index);
    // ToInt32 keeps the low 22 bits of any address below 2^53.
    return (this.#recentEntries[slot] as Uint32Array)[(address & 0x3fffff) >>> 12] as number;
  }

  /** Sets a page's entry, not 0; false if that takes a chunk more than the budget has. */
  set(page: number, entry: number): boolean {
    return this.#put(page, entry, false);
  }

  /** Sets a page's entry even beyond the budget: for pages that only change their address. */
  place(page: number, entry: number): void {
    this.#put(page, entry, true);
  }

  /** Visits the present entries of pages `[first, end)`, in no particular order. */
  update(first: number, end: number, visit: EntryVisitor): void {
    const firstChunk = Math.floor(first / CHUNK_PAGES);
    const endChunk = Math.ceil(end / CHUNK_PAGES);
    if (endChunk - firstChunk > this.#chunks.size) {
      for (const index of [...this.#chunks.keys()]) {
        if (index >= firstChunk && index < endChunk) this.#updateChunk(index, first, end, visit);
      }
    } else {
      for (let index = firstChunk; index < endChunk; index++) {
        this.#updateChunk(index, first, end, visit);
      }
    }
  }

  /** A table with the same entries, charged to the same budget; undefined if that is exhausted. */
  clone(): PageTable | undefined {
    if (!this.#budget.charge(this.#chunks.size)) return undefined;
    const table = new PageTable(this.#budget);
    for (const [index, { entries, present }] of this.#chunks) {
      table.#chunks.set(index, { entries: entries.slice(), present });
    }
    return table;
  }

  #recall(index: number): void {
    const slot = index & (RECENT_CHUNKS - 1);
    this.#recentNumbers[slot] = index;
    this.#recentEntries[slot] = this.#chunks.get(index)?.entries ?? NO_ENTRIES;
  }

  #put(page: number, entry: number, force: boolean): boolean {
    const index = Math.floor(page / CHUNK_PAGES);
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      if (!this.#budget.charge(1, force)) return false;
      chunk = { entries: new Uint32Array(CHUNK_PAGES), present: 0 };
      this.#chunks.set(index, chunk);
      this.#recall(index);
    }
    const at = page % CHUNK_PAGES;
    if (chunk.entries[at] === 0) chunk.present++;
    chunk.entries[at] = entry;
    return true;
  }

  #updateChunk(index: number, first: number, end: number, visit: EntryVisitor): void {
    const chunk = this.#chunks.get(index);
    if (chunk === undefined) return;
    const { entries } = chunk;
    const base = index * CHUNK_PAGES;
    const from = Math.max(0, first - base);
    const to = Math.min(CHUNK_PAGES, end - base);
    for (let at = from; at < to; at++) {
      const entry = entries[at] as number;
      if (entry === 0) continue;
      const replacement = visit(entry, base + at);
      entries[at] = replacement;
      if (replacement === 0) chunk.present--;
    }
    if (chunk.present === 0) this.#drop(index);
  }

  #drop(index: number): void {
    this.#chunks.delete(index);
    this.#budget.uncharge(1);
    this.#recall(index);
  }
}
