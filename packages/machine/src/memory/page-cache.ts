/**
 * Pages that several mappings see: those of mapped files and of shared anonymous memory. Mappings of
 * one source, in whatever address space, find each other here; so do private mappings, until they
 * are written to (a program that runs many times is held, predecoded and translated once).
 */
import { PAGE_SIZE, type PageSource } from "@isovm/abi";
import type { FrameAllocator } from "./frame-allocator.ts";

/** Negative results of populating a page, equal to the numbers of `translationFault`. */
export const populateFault = {
  unmapped: -1,
  protection: -2,
  beyondSource: -3,
  outOfMemory: -4,
} as const;

/** The pages of one source, or of one shared anonymous mapping and its forks. */
export class SharedPages {
  readonly source: PageSource | undefined;
  /** How many pages of address space map this; at 0 its frames are released. */
  mappedPages = 0;
  /** Page index in the source -> frame, on which the cache holds a reference. */
  readonly frames: Map<number, number> = new Map();
  /** Indices of pages that were made writable since they were written back. */
  readonly dirty: Set<number> = new Set();
  /** One more than the highest index that was ever populated. */
  reach = 0;

  constructor(source: PageSource | undefined) {
    this.source = source;
  }
}

/** All shared pages of a machine. */
export class PageCache {
  readonly #frames: FrameAllocator;
  readonly #bySource: Map<PageSource, SharedPages> = new Map();

  constructor(frames: FrameAllocator) {
    this.#frames = frames;
    frames.reclaim = () => this.#reclaim();
  }

  /** The pages of a source; fresh ones without a source. */
  open(source: PageSource | undefined): SharedPages {
    if (source === undefined) return new SharedPages(undefined);
    let pages = this.#bySource.get(source);
    if (pages === undefined) {
      pages = new SharedPages(source);
      this.#bySource.set(source, pages);
    }
    return pages;
  }

  /** The pages of a source, if it is mapped. */
  find(source: PageSource): SharedPages | undefined {
    return this.#bySource.get(source);
  }

  /** Counts mapped pages; the frames go when nothing maps them any more. */
  mapped(pages: SharedPages, pageCount: number): void {
    pages.mappedPages += pageCount;
    if (pages.mappedPages > 0) return;
    for (const frame of pages.frames.values()) this.#frames.release(frame);
    pages.frames.clear();
    pages.dirty.clear();
    if (pages.source !== undefined) this.#bySource.delete(pages.source);
  }

  /** The cached frame of a page, read if need be for guest page `page`, or a negative fault. */
  frame(pages: SharedPages, index: number, page: number): number {
    const { source } = pages;
    if (source !== undefined && index * PAGE_SIZE >= source.sizeBytes) {
      return populateFault.beyondSource;
    }
    const cached = pages.frames.get(index);
    if (cached !== undefined) return cached;
    const frame = this.load(pages, index * PAGE_SIZE, PAGE_SIZE, page);
    if (frame >= 0) pages.frames.set(index, frame);
    return frame;
  }

  /** A new frame of zeros for a guest page, or a negative fault. */
  allocate(page: number): number {
    const frame = this.#frames.allocate(page);
    return frame < 0 ? populateFault.outOfMemory : frame;
  }

  /** A new frame with the content of another, or a negative fault. */
  copy(original: number, page: number): number {
    const frame = this.allocate(page);
    if (frame >= 0) this.#frames.linear.bytes.copyWithin(frame, original, original + PAGE_SIZE);
    return frame;
  }

  /** A new frame with `length` bytes of the source, zeros after them; or a negative fault. */
  load(pages: SharedPages, offset: number, length: number, page: number): number {
    const frame = this.allocate(page);
    if (frame < 0 || pages.source === undefined) return frame;
    pages.reach = Math.max(pages.reach, offset / PAGE_SIZE + 1);
    try {
      pages.source.read(offset, this.#frames.linear.bytes.subarray(frame, frame + length));
    } catch (error) {
      this.#frames.release(frame);
      throw error;
    }
    return frame;
  }

  /** Drops a page, which no address space maps any more. */
  evict(pages: SharedPages, index: number): void {
    const frame = pages.frames.get(index);
    if (frame === undefined) return;
    pages.frames.delete(index);
    pages.dirty.delete(index);
    this.#frames.release(frame);
  }

  /**
   * Leaves `frame` to its only mapping, if it is the cached one of a page that can be read again;
   * else false. A mapping that was private before a fork has another frame than the cache.
   */
  giveAway(pages: SharedPages, index: number, frame: number): boolean {
    if (pages.frames.get(index) !== frame) return false;
    if (pages.source === undefined || pages.dirty.has(index)) return false;
    if (this.#frames.references(frame) !== 2) return false;
    this.evict(pages, index);
    return true;
  }

  /** Writes one page back, cut at the end of the file. */
  writeBack(pages: SharedPages, index: number): void {
    pages.dirty.delete(index);
    const frame = pages.frames.get(index);
    const { source } = pages;
    if (frame === undefined || source?.write === undefined) return;
    const offset = index * PAGE_SIZE;
    const length = Math.min(PAGE_SIZE, source.sizeBytes - offset);
    if (length > 0) source.write(offset, this.#frames.linear.bytes.slice(frame, frame + length));
  }

  /**
   * Frees clean pages that only the cache holds. Frames that are mapped stay, because an access that
   * straddles two pages needs both at once.
   */
  #reclaim(): boolean {
    let freed = false;
    for (const pages of this.#bySource.values()) {
      for (const [index, frame] of pages.frames) {
        if (pages.dirty.has(index) || this.#frames.references(frame) > 1) continue;
        this.evict(pages, index);
        freed = true;
      }
    }
    return freed;
  }
}
