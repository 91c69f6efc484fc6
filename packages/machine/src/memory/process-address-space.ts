/**
 * The address space of one process over shared page frames: regions say what is mapped, the page
 * table says what is populated. Pages come on first touch – zeros, a file's bytes, or a frame
 * that others map too – and become private on the first write.
 * @see mmap(2), fork(2), mremap(2), msync(2)
 */
import {
  type AddressSpace,
  type FindFreeOptions,
  GuestFault,
  type MapRequest,
  PAGE_SIZE,
  type ProtectionBits,
  type Region,
} from "@isovm/abi";
import { IsovmError } from "@isovm/isa-spec";
import type { FrameAllocator } from "./frame-allocator.ts";
import { GuestBytes, Need } from "./guest-bytes.ts";
import { type PageCache, populateFault, type SharedPages } from "./page-cache.ts";
import { EntryBit, frameOf, PageTable } from "./page-table.ts";
import { type MappedRegion, RegionList } from "./region-list.ts";

/** As `vm.max_map_count` of Linux: bounds what a guest can make the host spend on regions. */
const REGION_LIMIT = 65530;
/** Page numbers and addresses stay exact, and chunk numbers small integers, below this. */
const LARGEST_LIMIT = 2 ** 52;
const ALL_PAGES = LARGEST_LIMIT / PAGE_SIZE;

/** What the address spaces of a machine share. */
export interface AddressSpaceContext {
  readonly frames: FrameAllocator;
  readonly cache: PageCache;
  /** All address spaces that exist. */
  readonly spaces: Set<ProcessAddressSpace>;
  /** Writes dirty pages `[first, end)` back and revokes write access to them everywhere. */
  clean(pages: SharedPages, first: number, end: number): void;
}

/** Told which translations became stale. */
export type MappingObserver = (startPage: number, pageCount: number) => void;

/** An argument of an address-space operation is no page-aligned range of user space. */
export class AddressRangeError extends IsovmError<{ start: number; length: number }> {}

/** The virtual memory of a process. */
export class ProcessAddressSpace extends GuestBytes implements AddressSpace {
  readonly limit: number;
  /** Set while an engine executes in this address space. */
  observer: MappingObserver | undefined;
  readonly #context: AddressSpaceContext;
  #table: PageTable;
  #regions: RegionList;
  #residentPages = 0;
  #disposed = false;

  /** `limit` is a multiple of the page size, at most 2^52. */
  constructor(context: AddressSpaceContext, limit: number) {
    super(context.frames);
    if (!(limit > 0 && limit <= LARGEST_LIMIT && limit % PAGE_SIZE === 0)) {
      throw new AddressRangeError(`no address space ends at ${limit}`, { start: 0, length: limit });
    }
    this.limit = limit;
    this.#context = context;
    this.#table = new PageTable(context.frames);
    this.#regions = new RegionList();
    context.spaces.add(this);
  }

  get residentBytes(): number {
    return this.#residentPages * PAGE_SIZE;
  }

  get mappedBytes(): number {
    return this.#regions.mappedBytes;
  }

  map(request: MapRequest): void {
    const { start, length, protection, source, shared = false, name } = request;
    const { sourceOffset = 0, sourceLength } = request;
    this.#requireRange(start, length);
    const end = start + length;
    if (
      length === 0 ||
      !Number.isSafeInteger(sourceOffset + length) ||
      sourceOffset < 0 ||
      sourceOffset % PAGE_SIZE !== 0
    ) {
      throw new AddressRangeError(`nothing to map at 0x${start.toString(16)}`, { start, length });
    }
    if (this.#disposed) throw new IsovmError("the address space was disposed of");
    this.#requireRoom(start, 2);
    this.sync(start, length);
    const backed = source !== undefined || shared;
    const pages = backed ? this.#context.cache.open(source) : undefined;
    // Counted before the old mapping goes, which may be of the same source.
    if (pages) this.#context.cache.mapped(pages, length / PAGE_SIZE);
    this.#release(start, end);
    const region: MappedRegion = {
      start,
      end,
      protection: protection & 7,
      shared,
      source,
      sourceOffset: backed ? sourceOffset : 0,
      name,
      pages,
      visibleEnd:
        sourceLength === undefined || shared
          ? Number.POSITIVE_INFINITY
          : sourceOffset + Math.max(0, sourceLength),
    };
    this.#regions.replace(start, end, [region]);
  }

  unmap(start: number, length: number): void {
    this.#requireRange(start, length);
    const end = start + length;
    const region = this.#regions.at(start);
    if (region !== undefined && region.start < start && region.end > end) {
      this.#requireRoom(start, 1);
    }
    this.sync(start, length);
    this.#release(start, end);
  }

  protect(start: number, length: number, protection: ProtectionBits): boolean {
    this.#requireRange(start, length);
    const end = start + length;
    if (!this.#regions.covers(start, end)) return false;
    if (length === 0) return true;
    this.#requireRoom(start, 2);
    const rights = protection & 7;
    const pieces = this.#regions.within(start, end);
    this.#regions.replace(
      start,
      end,
      pieces.map((piece) => ({ ...piece, protection: rights })),
    );
    // Write access is never granted here: whether the frame is private is found out on the write.
    const kept = ~7 | rights;
    const granted = rights & ~EntryBit.write;
    this.#revise(start, end, (entry) => ((entry & kept) | granted) >>> 0);
    return true;
  }

  discard(start: number, length: number): void {
    this.#requireRange(start, length);
    this.#dropEntries(start, start + length);
  }

  move(from: number, to: number, length: number): void {
    this.#requireRange(from, length);
    this.#requireRange(to, length);
    if (length === 0 || from === to) return;
    this.#requireRoom(to, 3);
    // Before the entries are taken: pages that are written back have to lose write access in them.
    this.sync(to, length);
    const shift = (to - from) / PAGE_SIZE;
    const pieces = this.#regions.within(from, from + length);
    const entries: { page: number; entry: number }[] = [];
    this.#revise(from, from + length, (entry, page) => {
      entries.push({ page: page + shift, entry });
      return 0;
    });
    // Only now: what the target range holds may overlap the moved range.
    this.#regions.replace(from, from + length, []);
    this.unmap(to, length);
    this.#regions.replace(
      to,
      to + length,
      pieces.map((piece) => ({
        ...piece,
        start: piece.start + to - from,
        end: piece.end + to - from,
      })),
    );
    for (const { page, entry } of entries) this.#table.place(page, entry);
  }

  sync(start: number, length: number): void {
    this.#requireRange(start, length);
    for (const piece of this.#regions.within(start, start + length)) {
      if (!piece.shared || piece.pages === undefined || piece.pages.dirty.size === 0) continue;
      const first = piece.sourceOffset / PAGE_SIZE;
      this.#context.clean(piece.pages, first, first + pagesOf(piece));
    }
  }

  regions(): Iterable<Region> {
    return this.#regions.all();
  }

  regionAt(address: number): Region | undefined {
    return this.#regions.at(address);
  }

  findFree(length: number, options: FindFreeOptions): number | undefined {
    const { lowest, highest, alignment = PAGE_SIZE } = options;
    if (!(length > 0 && length <= this.limit)) return undefined;
    return this.#regions.findFree(
      length,
      Math.max(0, lowest),
      Math.min(highest, this.limit),
      alignment,
    );
  }

  /** @throws GuestFault with reason `outOfMemory` when there is no room for the page table. */
  fork(): ProcessAddressSpace {
    const table = this.#table.clone();
    if (table === undefined) throw new GuestFault(0, "write", "outOfMemory");
    const copy = new ProcessAddressSpace(this.#context, this.limit);
    // Both lose write access; shared pages and pages left to one owner regain it on the next write.
    table.update(0, ALL_PAGES, (entry) => {
      this.frames.retain(frameOf(entry));
      return (entry & ~EntryBit.write) >>> 0;
    });
    this.#revise(0, this.limit, (entry) => (entry & ~EntryBit.write) >>> 0);
    const regions = this.#regions.all();
    for (const region of regions) {
      if (region.pages) this.#context.cache.mapped(region.pages, pagesOf(region));
    }
    copy.#table = table;
    copy.#regions = new RegionList(regions);
    copy.#residentPages = this.#residentPages;
    return copy;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    try {
      this.sync(0, this.limit);
    } finally {
      this.#release(0, this.limit);
      this.#context.spaces.delete(this);
    }
  }

  /** The region parts that map pages `[first, end)` of a source, as address ranges. */
  *mappingsOf(pages: SharedPages, first: number, end: number): Generator<MappedRegion> {
    for (const region of this.#regions.all()) {
      if (region.pages !== pages) continue;
      const base = region.sourceOffset / PAGE_SIZE;
      const from = Math.max(first, base);
      const to = Math.min(end, base + pagesOf(region), Math.ceil(region.visibleEnd / PAGE_SIZE));
      if (from >= to) continue;
      const start = region.start + (from - base) * PAGE_SIZE;
      yield { ...region, start, end: start + (to - from) * PAGE_SIZE };
    }
  }

  /** Makes the next write to each shared page of a range be noticed. */
  revokeWrites(start: number, end: number): void {
    this.#revise(start, end, (entry) => (entry & ~EntryBit.write) >>> 0);
  }

  /**
   * Moves pages to the frames of their colour where these are free. Code stays where it is: engines
   * know it by its frame.
   */
  recolour(): void {
    const { frames } = this;
    this.#revise(0, this.limit, (entry, page) => {
      const frame = frameOf(entry);
      if (frame === frames.zeroFrame || frames.isCode(frame) || frames.isColoured(frame)) {
        return entry;
      }
      const region = this.#regions.at(page * PAGE_SIZE);
      const index = region ? offsetIn(region, page * PAGE_SIZE) / PAGE_SIZE : 0;
      const cached = region?.pages?.frames.get(index) === frame ? region.pages : undefined;
      if (frames.references(frame) !== (cached ? 2 : 1)) return entry;
      const moved = frames.allocateColoured(page);
      if (moved < 0) return entry;
      frames.linear.bytes.copyWithin(moved, frame, frame + PAGE_SIZE);
      if (cached) {
        cached.frames.set(index, moved);
        frames.retain(moved);
        frames.release(frame);
      }
      frames.release(frame);
      return (moved | (entry & (PAGE_SIZE - 1))) >>> 0;
    });
  }

  frameAt(address: number, need: number): number {
    if (!(address >= 0 && address < this.limit)) return populateFault.unmapped;
    const entry = this.#table.entryAt(address);
    return (entry & need) !== 0 ? frameOf(entry) : this.#populate(address, entry, need);
  }

  protected span(address: number, length: number, need: number): number {
    if (!(address >= 0 && address < this.limit && length > 0)) return 0;
    const end = Math.min(address + length, this.limit);
    for (let at = address; ; ) {
      const region = this.#regions.at(at);
      if (region === undefined || (need !== Need.poke && (region.protection & need) === 0)) {
        return at - address;
      }
      const reached = Math.min(end, accessibleEnd(region));
      if (reached === end || reached < region.end) return Math.max(at, reached) - address;
      at = reached;
    }
  }

  /** The slow path: checks the region, finds the page's frame, makes it private for a write. */
  #populate(address: number, entry: number, need: number): number {
    const region = this.#regions.at(address);
    if (region === undefined) return populateFault.unmapped;
    if (need !== Need.poke && (region.protection & need) === 0) return populateFault.protection;
    const page = Math.floor(address / PAGE_SIZE);
    const writing = need === Need.write || need === Need.poke;
    const old = entry === 0 ? this.#firstTouch(region, page, writing) : frameOf(entry);
    if (old < 0) return old;
    const frame = writing ? this.#makeWritable(region, page, old) : old;
    const rights = region.protection & (writing ? 7 : ~EntryBit.write);
    if (frame < 0 || !this.#table.set(page, (frame | EntryBit.present | rights) >>> 0)) {
      if (entry === 0) this.frames.release(frame < 0 ? old : frame);
      return populateFault.outOfMemory;
    }
    const wasResident = entry !== 0 && old !== this.frames.zeroFrame;
    if (!wasResident && frame !== this.frames.zeroFrame) this.#residentPages++;
    if (entry !== 0 && old !== frame) this.observer?.(page, 1);
    return frame;
  }

  /** The frame that an absent page starts with, with a reference taken; or a negative fault. */
  #firstTouch(region: MappedRegion, page: number, writing: boolean): number {
    const { cache } = this.#context;
    const { pages, visibleEnd } = region;
    const offset = offsetIn(region, page * PAGE_SIZE);
    if (pages === undefined || offset >= visibleEnd) {
      return writing ? cache.allocate(page) : this.frames.zeroFrame;
    }
    const { source } = pages;
    if (source !== undefined && offset >= source.sizeBytes) return populateFault.beyondSource;
    const visible = Math.min(PAGE_SIZE, visibleEnd - offset);
    const index = offset / PAGE_SIZE;
    // A page that is private from the start, by its content or its use, bypasses the cache.
    if (visible < PAGE_SIZE || (writing && !region.shared && !pages.frames.has(index))) {
      return cache.load(pages, offset, visible, page);
    }
    const frame = cache.frame(pages, index, page);
    if (frame >= 0) this.frames.retain(frame);
    return frame;
  }

  /** The frame that a write goes to; takes over the reference on the one given unless it fails. */
  #makeWritable(region: MappedRegion, page: number, frame: number): number {
    const { pages, shared } = region;
    if (shared) {
      if (pages?.source?.write) pages.dirty.add(offsetIn(region, page * PAGE_SIZE) / PAGE_SIZE);
      return frame;
    }
    const { cache } = this.#context;
    if (frame === this.frames.zeroFrame) return cache.allocate(page);
    if (this.frames.references(frame) === 1) return frame;
    // A copy would not have the page's colour, which this frame has.
    const index = offsetIn(region, page * PAGE_SIZE) / PAGE_SIZE;
    if (pages && cache.giveAway(pages, index, frame)) return frame;
    const copy = cache.copy(frame, page);
    if (copy >= 0) this.frames.release(frame);
    return copy;
  }

  #release(start: number, end: number): void {
    const pieces = this.#regions.within(start, end);
    this.#dropEntries(start, end);
    this.#regions.replace(start, end, []);
    for (const piece of pieces) {
      if (piece.pages) this.#context.cache.mapped(piece.pages, -pagesOf(piece));
    }
  }

  #dropEntries(start: number, end: number): void {
    this.#revise(start, end, (entry) => {
      const frame = frameOf(entry);
      if (frame !== this.frames.zeroFrame) this.#residentPages--;
      this.frames.release(frame);
      return 0;
    });
  }

  /** Replaces entries of a range and tells the observer where translations lost something. */
  #revise(start: number, end: number, revise: (entry: number, page: number) => number): void {
    let first = Number.POSITIVE_INFINITY;
    let last = -1;
    this.#table.update(start / PAGE_SIZE, end / PAGE_SIZE, (entry, page) => {
      const revised = revise(entry, page);
      if ((entry & ~revised & 7) !== 0 || frameOf(entry) !== frameOf(revised)) {
        first = Math.min(first, page);
        last = Math.max(last, page);
      }
      return revised;
    });
    if (last >= 0) this.observer?.(first, last - first + 1);
  }

  #requireRange(start: number, length: number): void {
    const valid =
      start >= 0 &&
      length >= 0 &&
      start + length <= this.limit &&
      start % PAGE_SIZE === 0 &&
      length % PAGE_SIZE === 0;
    if (!valid) {
      throw new AddressRangeError(
        `no page-aligned range of the address space: ${length} bytes at ${start}`,
        { start, length },
      );
    }
  }

  /** A guest that has too many regions gets what Linux gives it at `vm.max_map_count`: ENOMEM. */
  #requireRoom(start: number, growth: number): void {
    if (this.#regions.count + growth > REGION_LIMIT) {
      throw new GuestFault(start, "write", "outOfMemory");
    }
  }
}

function pagesOf(region: MappedRegion): number {
  return (region.end - region.start) / PAGE_SIZE;
}

function offsetIn(region: MappedRegion, address: number): number {
  return region.sourceOffset + address - region.start;
}

/** Where a region's accessible bytes end: its end, or earlier if the source is shorter. */
function accessibleEnd(region: MappedRegion): number {
  const { source, sourceOffset, visibleEnd, start, end } = region;
  if (source === undefined || sourceOffset >= visibleEnd) return end;
  const sourceEnd = Math.ceil(source.sizeBytes / PAGE_SIZE) * PAGE_SIZE;
  if (sourceEnd >= visibleEnd) return end;
  return Math.min(end, start + Math.max(0, sourceEnd - sourceOffset));
}
