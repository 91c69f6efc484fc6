/**
 * The bytes of an in-memory file: 4 KiB pages made when they are first written, so that holes cost
 * nothing and growing a file moves no bytes.
 */
import { LinuxError } from "../../linux/errno.ts";

/** The unit of allocation in bytes. */
export const pageBytes = 4096;

/** The largest size of a file: positions stay exact integers. */
export const largestFileBytes: number = 2 ** 52;

/** The space that the files of one file system share. */
export class Quota {
  readonly limitPages: number;
  #usedPages = 0;

  constructor(limitBytes: number) {
    this.limitPages = Math.floor(limitBytes / pageBytes);
  }

  get usedPages(): number {
    return this.#usedPages;
  }

  /** Takes one page; false if none is left. */
  take(): boolean {
    if (this.#usedPages >= this.limitPages) return false;
    this.#usedPages += 1;
    return true;
  }

  give(pages: number): void {
    this.#usedPages -= pages;
  }
}

/** A sparse, growing sequence of bytes. */
export class PagedData {
  readonly #quota: Quota;
  readonly #pages = new Map<number, Uint8Array>();
  #size = 0;

  constructor(quota: Quota) {
    this.#quota = quota;
  }

  get size(): number {
    return this.#size;
  }

  /** Pages that hold data, zeros included. */
  get allocatedPages(): number {
    return this.#pages.size;
  }

  /** Fills a buffer from a position; gives the number of bytes there were. */
  read(buffer: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(buffer.length, this.#size - position));
    for (let done = 0; done < length; ) {
      const at = position + done;
      const offset = at % pageBytes;
      const count = Math.min(pageBytes - offset, length - done);
      const page = this.#pages.get(Math.floor(at / pageBytes));
      if (page === undefined) buffer.fill(0, done, done + count);
      else buffer.set(page.subarray(offset, offset + count), done);
      done += count;
    }
    return length;
  }

  /**
   * Stores a buffer at a position; fewer bytes than asked for if space runs out midway.
   * @throws LinuxError ENOSPC if not one byte fits, EFBIG.
   */
  write(buffer: Uint8Array, position: number): number {
    if (buffer.length === 0) return 0;
    if (position >= largestFileBytes) throw new LinuxError("EFBIG");
    const length = Math.min(buffer.length, largestFileBytes - position);
    let done = 0;
    while (done < length) {
      const at = position + done;
      const offset = at % pageBytes;
      const count = Math.min(pageBytes - offset, length - done);
      const page = this.#pageForWriting(Math.floor(at / pageBytes));
      if (page === undefined) break;
      page.set(buffer.subarray(done, done + count), offset);
      done += count;
    }
    if (done === 0) throw new LinuxError("ENOSPC");
    this.#size = Math.max(this.#size, position + done);
    return done;
  }

  /** Sets the size; what is cut off reads as zeros should the file grow again. @throws LinuxError EFBIG. */
  truncate(size: number): void {
    if (size > largestFileBytes) throw new LinuxError("EFBIG");
    if (size < this.#size) this.punch(size, this.#size - size);
    this.#size = size;
  }

  /** Makes a range read as zeros and frees the pages that lie wholly in it. */
  punch(position: number, length: number): void {
    const end = position + length;
    // Beyond the end of file a page has no bytes worth keeping.
    const reachesEnd = end >= this.#size;
    const isInside = (index: number): boolean =>
      index * pageBytes >= position && (reachesEnd || (index + 1) * pageBytes <= end);
    for (const index of this.#indices(position, end)) {
      const page = this.#pages.get(index);
      if (page === undefined) continue;
      if (isInside(index)) {
        this.#pages.delete(index);
        this.#quota.give(1);
      } else {
        page.fill(
          0,
          Math.max(0, position - index * pageBytes),
          Math.max(0, end - index * pageBytes),
        );
      }
    }
  }

  /** Makes sure that later writes to the range don't run out of space. @throws LinuxError ENOSPC, EFBIG. */
  allocate(position: number, length: number, extend: boolean): void {
    const end = position + length;
    if (end > largestFileBytes) throw new LinuxError("EFBIG");
    const first = Math.floor(position / pageBytes);
    const last = Math.ceil(end / pageBytes);
    if (last - first > this.#quota.limitPages) throw new LinuxError("ENOSPC");
    const added: number[] = [];
    for (let index = first; index < last; index += 1) {
      if (this.#pages.has(index)) continue;
      if (this.#pageForWriting(index) === undefined) {
        for (const page of added) this.#pages.delete(page);
        this.#quota.give(added.length);
        throw new LinuxError("ENOSPC");
      }
      added.push(index);
    }
    if (extend) this.#size = Math.max(this.#size, end);
  }

  /** The next position at or after one that is data, or a hole. @throws LinuxError ENXIO. */
  seekExtent(position: number, what: "data" | "hole"): number {
    if (position < 0 || position >= this.#size) throw new LinuxError("ENXIO");
    const first = Math.floor(position / pageBytes);
    if (what === "hole") {
      let index = first;
      while (this.#pages.has(index)) index += 1;
      return Math.min(this.#size, Math.max(position, index * pageBytes));
    }
    if (this.#pages.has(first)) return position;
    let next = Number.POSITIVE_INFINITY;
    for (const index of this.#pages.keys()) {
      if (index > first && index < next) next = index;
    }
    if (next * pageBytes >= this.#size) throw new LinuxError("ENXIO");
    return next * pageBytes;
  }

  /** Frees everything. */
  release(): void {
    this.#quota.give(this.#pages.size);
    this.#pages.clear();
    this.#size = 0;
  }

  #pageForWriting(index: number): Uint8Array | undefined {
    const known = this.#pages.get(index);
    if (known !== undefined) return known;
    if (!this.#quota.take()) return undefined;
    const page = new Uint8Array(pageBytes);
    this.#pages.set(index, page);
    return page;
  }

  /** The pages that a range touches: by counting, or, if it is larger than the file, by listing. */
  #indices(position: number, end: number): Iterable<number> {
    const first = Math.floor(position / pageBytes);
    const last = Math.ceil(end / pageBytes);
    if (last - first > this.#pages.size) {
      return [...this.#pages.keys()].filter((index) => index >= first && index < last);
    }
    return Array.from({ length: last - first }, (_, offset) => first + offset);
  }
}
