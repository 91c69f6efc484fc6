/**
 * Pages of RAM whose bytes still lie where they come from, in a snapshot. They are read when
 * something first touches them: a guest goes on with a fraction of its memory, and fresh pages are
 * dear on hosts that are virtual machines themselves.
 */
import type { ByteSource } from "@isovm/abi";
import { IsovmError } from "@isovm/isa-spec";

/** Bytes that were promised to RAM can't be read any more. */
export class ByteSourceError extends IsovmError<{
  readonly offset: number;
  readonly wantedBytes: number;
}> {}

/** Fills `target` with the bytes of a source from `offset` on. @throws ByteSourceError */
export function readWhole(source: ByteSource, offset: number, target: Uint8Array): void {
  for (let done = 0; done < target.length; ) {
    const count = source.read(offset + done, done === 0 ? target : target.subarray(done));
    if (count <= 0) {
      const data = { offset: offset + done, wantedBytes: target.length - done };
      throw new ByteSourceError("what RAM is filled from ends early", data);
    }
    done += count;
  }
}

const pageBytes = 4096;
/** Pages read at once at most, where they follow each other: a call costs as much as some pages. */
const clusterPages = 4;

/** The pages of a RAM that are still to be read. */
export class AbsentPages {
  /** How many there are. */
  count = 0;
  readonly #pageCount: number;
  #source: ByteSource | undefined;
  /** Pages below this one are there. */
  #first = 0;
  /** By page, where its bytes begin in the source; 0, where the header is, for pages in place. */
  #offsets = new Float64Array(0);

  constructor(pageCount: number) {
    this.#pageCount = pageCount;
  }

  /** Has pages come from a source; all others are there. */
  set(source: ByteSource, pages: Iterable<readonly [page: number, offset: number]>): void {
    this.#source = source;
    this.#first = 0;
    this.#offsets = new Float64Array(this.#pageCount);
    this.count = 0;
    for (const [page, offset] of pages) {
      if (this.#offsets[page] === 0) this.count += 1;
      this.#offsets[page] = offset;
    }
  }

  /** Reads at least so many pages, or all that are left, lowest first. @throws ByteSourceError */
  loadMore(leastPages: number, ram: Uint8Array): void {
    const end = Math.max(0, this.count - leastPages);
    for (; this.count > end && this.#first < this.#pageCount; this.#first += 1) {
      this.load(this.#first, ram);
    }
  }

  /** Reads a page into its place in RAM, with some that follow it, unless it is there. @throws ByteSourceError */
  load(page: number, ram: Uint8Array): void {
    const offset = this.#offsets[page];
    if (!offset || !this.#source) return;
    let end = page + 1;
    while (end < page + clusterPages && this.#offsets[end] === offset + (end - page) * pageBytes) {
      end += 1;
    }
    readWhole(this.#source, offset, ram.subarray(page * pageBytes, end * pageBytes));
    this.#offsets.fill(0, page, end);
    this.count -= end - page;
    if (this.count > 0) return;
    this.#source = undefined;
    this.#offsets = new Float64Array(0);
  }
}
