/**
 * The guest memory of a machine: one linear memory, the page frames and shared pages in it, and the
 * address spaces over them, one of which the engine executes in.
 */
import { type AddressSpaceProvider, PAGE_SIZE, type PageSource } from "@isovm/abi";
import {
  type AccessKind,
  type EngineMemory,
  type MemoryListener,
  translationFault,
} from "@isovm/isa-spec";
import { BlockAllocator } from "./block-allocator.ts";
import { type ColourWindow, FrameAllocator } from "./frame-allocator.ts";
import { Need } from "./guest-bytes.ts";
import { LINEAR_MEMORY_MAXIMUM_BYTES, LinearMemory } from "./linear-memory.ts";
import { PageCache, type SharedPages } from "./page-cache.ts";
import { type AddressSpaceContext, ProcessAddressSpace } from "./process-address-space.ts";

/** What a guest and the engines may take of the host's memory. */
export interface GuestMemoryOptions {
  /** Limit in bytes for the guest's pages and page tables; default 2 GiB, at most about 4 GiB. */
  readonly limitBytes?: number | undefined;
  /** Limit in bytes for the engines' tables; default what the guest leaves of 4 GiB. */
  readonly engineLimitBytes?: number | undefined;
}

const DEFAULT_LIMIT_BYTES = 2 ** 31;
/** Where guest pages lie by their number; the engines' tables come before it. */
const colourWindow: ColourWindow = { start: 2 ** 28, pages: 2 ** 16 };
/** The null page and the frame of zeros. */
const RESERVED_BYTES = 2 * PAGE_SIZE;

/**
 * The guest memory of one machine: makes address spaces, and shows the current one to an engine.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { GuestMemory } from "@isovm/machine";
 *
 * const memory = new GuestMemory({ limitBytes: 64 * 2 ** 20 });
 * const parent = memory.create(2 ** 47);
 * parent.map({ start: 0xc000000000, length: 2 ** 40, protection: 3 });
 * parent.storeU32(0xc000000004, 0x12345678);
 * const child = parent.fork();
 * child.storeU8(0xc000000004, 0xff);
 * assert.equal(parent.loadU32(0xc000000004), 0x12345678);
 * assert.equal(child.loadU32(0xc000000004), 0x123456ff);
 * assert.equal(memory.residentBytes, 2 * 4096);
 * ```
 */
export class GuestMemory implements AddressSpaceProvider {
  readonly limitBytes: number;
  /** What an engine gets: the linear memory, and translations of the space last switched to. */
  readonly engine: CurrentSpaceMemory;
  readonly #context: AddressSpaceContext;

  constructor(options: GuestMemoryOptions = {}) {
    const limitBytes = Math.min(
      options.limitBytes ?? DEFAULT_LIMIT_BYTES,
      LINEAR_MEMORY_MAXIMUM_BYTES,
    );
    const engineLimitBytes = options.engineLimitBytes ?? LINEAR_MEMORY_MAXIMUM_BYTES;
    this.limitBytes = Math.floor(limitBytes / PAGE_SIZE) * PAGE_SIZE;
    const linear = new LinearMemory(limitBytes + engineLimitBytes + RESERVED_BYTES);
    const frames = new FrameAllocator(linear, this.limitBytes / PAGE_SIZE);
    const cache = new PageCache(frames);
    this.#context = {
      frames,
      cache,
      spaces: new Set(),
      clean: (pages, first, end) => this.#clean(pages, first, end),
    };
    this.engine = new CurrentSpaceMemory(
      frames,
      new BlockAllocator(linear, engineLimitBytes),
      this.#context.spaces,
    );
  }

  get residentBytes(): number {
    return this.#context.frames.inUse * PAGE_SIZE;
  }

  create(limit: number): ProcessAddressSpace {
    return new ProcessAddressSpace(this.#context, limit);
  }

  invalidate(source: PageSource, offset: number, length: number): void {
    const { cache, frames } = this.#context;
    const pages = cache.find(source);
    if (pages === undefined || !(length > 0)) return;
    const sizePages = Math.ceil(source.sizeBytes / PAGE_SIZE);
    if (sizePages < pages.reach) this.#truncate(pages, sizePages);
    const end = offset + length;
    for (const index of indicesIn(pages, Math.floor(offset / PAGE_SIZE), end / PAGE_SIZE)) {
      const frame = pages.frames.get(index);
      if (frame === undefined) continue;
      // Bytes outside the range may be dirty and stay.
      const from = Math.max(0, offset - index * PAGE_SIZE);
      const to = Math.min(PAGE_SIZE, end - index * PAGE_SIZE);
      source.read(index * PAGE_SIZE + from, frames.linear.bytes.subarray(frame + from, frame + to));
      frames.wrote(frame, from, to);
    }
  }

  syncSource(source: PageSource): void {
    const pages = this.#context.cache.find(source);
    if (pages && pages.dirty.size > 0) this.#clean(pages, 0, Number.POSITIVE_INFINITY);
  }

  #clean(pages: SharedPages, first: number, end: number): void {
    const dirty = [...pages.dirty].filter((index) => index >= first && index < end);
    if (dirty.length === 0) return;
    for (const space of this.#context.spaces) {
      for (const { start, end: stop, shared } of space.mappingsOf(pages, first, end)) {
        if (shared) space.revokeWrites(start, stop);
      }
    }
    for (const index of dirty.sort((a, b) => a - b)) this.#context.cache.writeBack(pages, index);
  }

  /** Pages past the new end of a file vanish from all mappings, private copies included. */
  #truncate(pages: SharedPages, sizePages: number): void {
    for (const space of this.#context.spaces) {
      for (const { start, end } of space.mappingsOf(pages, sizePages, Number.POSITIVE_INFINITY)) {
        space.discard(start, end - start);
      }
    }
    for (const index of [...pages.frames.keys()]) {
      if (index >= sizePages) this.#context.cache.evict(pages, index);
    }
    pages.reach = sizePages;
  }
}

/** The engine's view of guest memory: {@link switchTo} says which address space it executes in. */
export class CurrentSpaceMemory implements EngineMemory {
  readonly memory: WebAssembly.Memory;
  readonly window: ColourWindow = colourWindow;
  readonly #frames: FrameAllocator;
  readonly #blocks: BlockAllocator;
  readonly #spaces: ReadonlySet<ProcessAddressSpace>;
  readonly #listeners: MemoryListener[] = [];
  #space: ProcessAddressSpace | undefined;

  constructor(
    frames: FrameAllocator,
    blocks: BlockAllocator,
    spaces: ReadonlySet<ProcessAddressSpace>,
  ) {
    this.#spaces = spaces;
    this.memory = frames.linear.memory;
    this.#frames = frames;
    this.#blocks = blocks;
    frames.codeObserver = (frame, start, end) => {
      for (const listener of this.#listeners) listener.codeWritten(frame, start, end);
    };
  }

  useWindow(): boolean {
    if (!this.#frames.window && this.#frames.useWindow(colourWindow)) {
      for (const space of this.#spaces) space.recolour();
    }
    return this.#frames.window !== undefined;
  }

  /** Bytes of the engines' tables. */
  get allocatedBytes(): number {
    return this.#blocks.inUseBytes;
  }

  /** The address space that {@link translate} translates for. */
  get space(): ProcessAddressSpace | undefined {
    return this.#space;
  }

  /** Makes another address space the current one, or none: then every access is unmapped. */
  switchTo(space: ProcessAddressSpace | undefined): void {
    if (space === this.#space) return;
    if (this.#space) this.#space.observer = undefined;
    this.#space = space;
    if (space) {
      space.observer = (startPage, pageCount) => {
        for (const listener of this.#listeners) {
          listener.mappingChanged(startPage, pageCount);
        }
      };
    }
    for (const listener of this.#listeners) listener.mappingChanged();
  }

  allocate(sizeBytes: number, alignment?: number): number {
    return this.#blocks.allocate(sizeBytes, alignment);
  }

  release(offset: number): void {
    this.#blocks.release(offset);
  }

  translate(address: bigint, access: AccessKind): number {
    const space = this.#space;
    if (space === undefined) return translationFault.unmapped;
    const need = access === "read" ? Need.read : access === "write" ? Need.write : Need.execute;
    // Rounding moves addresses above 2^53 only, which are beyond every limit.
    return space.frameAt(Number(address), need);
  }

  markCode(frame: number): void {
    if (this.#frames.isCode(frame)) return;
    this.#frames.markCode(frame);
    for (const listener of this.#listeners) listener.codeMarked?.(frame);
  }

  isCode(frame: number): boolean {
    return this.#frames.isCode(frame);
  }

  wrote(frame: number, start: number, end: number): void {
    this.#frames.wrote(frame, start, end);
  }

  attach(listener: MemoryListener): void {
    this.#listeners.push(listener);
  }
}

/** Indices of cached pages in `[first, end)`, found the cheaper way. */
function indicesIn(pages: SharedPages, first: number, end: number): number[] {
  if (end - first > pages.frames.size) {
    return [...pages.frames.keys()].filter((index) => index >= first && index < end);
  }
  const indices: number[] = [];
  for (let index = first; index < end; index++) indices.push(index);
  return indices;
}
