/**
 * The code cache: translated regions, where they begin, what they were made from. It keeps the
 * jump cache and the interpreter's marks in step with what is valid.
 */
import type { EngineMemory, Isa, MemoryListener, RegionSupport } from "@isovm/isa-spec";

/** A region that can be entered. */
export interface CachedRegion {
  readonly entry: bigint;
  /** The number that the region gives that entry. */
  readonly entryNumber: number;
  /** Guest instructions. */
  readonly instructionCount: number;
  /** The guest code that it was made from, or more of it. */
  readonly runs: readonly CodeRun[];
  /** By page, what covers that. */
  readonly spans: readonly CodeSpan[];
  readonly run: WebAssembly.ExportValue;
}

/** A run of guest code at a virtual address. */
export interface CodeRun {
  readonly address: bigint;
  readonly sizeBytes: number;
}

/** Bytes of guest code in one page. */
export interface CodeSpan {
  /** Virtual address of the page. */
  readonly page: bigint;
  /** Byte offset of its frame in linear memory. */
  readonly frame: number;
  /** The bytes from `start` up to `end` in the page. */
  readonly start: number;
  readonly end: number;
}

interface Entry {
  readonly region: CachedRegion;
  /** Index in the table of functions. */
  readonly index: number;
}

const emptyAddress = 0xffff_ffff_ffff_ffffn;
const emptyTag = 0xffff_ffff;
const largestTag = 0xffff_fffe;
const jumpEntryBytes = 16;

/** What the cache did so far. */
export interface CodeCacheCounts {
  /** The most regions that were in the cache at once. */
  peakCachedRegions: number;
  evicted: number;
  invalidated: number;
  refilled: number;
}

/** Regions by address and by the frames and pages of their code. */
export class CodeCache implements MemoryListener {
  readonly counts: CodeCacheCounts = {
    peakCachedRegions: 0,
    evicted: 0,
    invalidated: 0,
    refilled: 0,
  };
  readonly #memory: EngineMemory;
  readonly #host: RegionSupport;
  readonly #parcelBits: bigint;
  readonly #limit: number;
  readonly #byAddress = new Map<bigint, Entry[]>();
  readonly #byFrame = new Map<number, Set<Entry>>();
  /** How many regions have code in a page, by its number. */
  readonly #pages = new Map<number, number>();
  /** In the order in which they were added. */
  readonly #entries = new Set<Entry>();
  readonly #free: number[] = [];
  /** By translation context: what entries of the jump cache have to carry to hold there. */
  readonly #tags: number[] = [];
  #lastTag = 0;

  /** Keeps `limit` entries of regions at most. */
  constructor(isa: Isa, memory: EngineMemory, host: RegionSupport, limit: number) {
    this.#memory = memory;
    this.#host = host;
    this.#parcelBits = BigInt(Math.log2(isa.framing.parcelBytes));
    this.#limit = limit;
    memory.attach(this);
  }

  /** Adds a region whose code was just read, and has control come to it. */
  add(region: CachedRegion): void {
    const replaced = this.#find(region.entry);
    if (replaced) this.#remove(replaced);
    this.#makeRoom();
    const entry = { region, index: this.#place(region.run) };
    this.#entries.add(entry);
    const { counts } = this;
    counts.peakCachedRegions = Math.max(counts.peakCachedRegions, this.#entries.size);
    add(this.#byAddress, region.entry, entry);
    for (const { frame, page } of region.spans) {
      let entries = this.#byFrame.get(frame);
      if (!entries) {
        entries = new Set();
        this.#byFrame.set(frame, entries);
      }
      entries.add(entry);
      const number = pageNumber(page);
      this.#pages.set(number, (this.#pages.get(number) ?? 0) + 1);
      // Code of a region may not have been executed in this frame yet.
      if (!this.#memory.isCode(frame)) this.#memory.markCode(frame);
    }
    this.#fill(entry);
    this.#host.mark(region.entry);
  }

  /** Whether there is a region that is entered at an address. */
  has(address: bigint): boolean {
    return this.#find(address) !== undefined;
  }

  /** Removes the regions that have code at an address; where they began. */
  removeAt(address: bigint): Set<bigint> {
    const removed = new Set<bigint>();
    for (const entry of [...this.#entries]) {
      const has = entry.region.runs.some(
        (run) => run.address <= address && address < run.address + BigInt(run.sizeBytes),
      );
      if (!has) continue;
      this.#remove(entry);
      removed.add(entry.region.entry);
    }
    return removed;
  }

  /** Removes all regions. */
  clear(): void {
    for (const entry of [...this.#entries]) this.#remove(entry);
  }

  /** Makes the region at an address known to the jump cache again; false if there is none. */
  refill(address: bigint): boolean {
    const entry = this.#find(address);
    if (!entry) return false;
    this.counts.refilled += 1;
    this.#fill(entry);
    return true;
  }

  codeWritten(frame: number, start: number, end: number): void {
    const entries = this.#byFrame.get(frame);
    if (!entries) return;
    for (const entry of [...entries]) {
      const hit = entry.region.spans.some(
        (span) => span.frame === frame && span.start < end && start < span.end,
      );
      if (!hit) continue;
      this.#remove(entry);
      this.counts.invalidated += 1;
    }
  }

  contextChanged(): void {
    if (this.#entries.size > 0) this.#useTag();
  }

  mappingChanged(startPage?: number, pageCount?: number, context?: number): void {
    if (this.#entries.size === 0) return;
    if (startPage !== undefined && pageCount !== undefined && pageCount <= 4096) {
      let hit = false;
      for (let index = 0; index < pageCount && !hit; index += 1) {
        hit = this.#pages.has(startPage + index);
      }
      if (!hit) return;
    }
    if (context === undefined) this.#tags.length = 0;
    else delete this.#tags[context];
    this.#useTag();
  }

  /** Has the interpreter compare with the current context's tag, and gives it. */
  #useTag(): number {
    const { context = 0, memory } = this.#memory;
    const tag = this.#tags[context] ?? this.#nextTag();
    this.#tags[context] = tag;
    new DataView(memory.buffer).setUint32(this.#host.places.jumpTag, tag, true);
    return tag;
  }

  #nextTag(): number {
    if (this.#lastTag === largestTag) {
      const { jumpTable, jumpEntries } = this.#host.places;
      const bytes = new Uint8Array(this.#memory.memory.buffer);
      bytes.fill(0xff, jumpTable, jumpTable + jumpEntries * jumpEntryBytes);
      this.#tags.length = 0;
      this.#lastTag = 0;
    }
    this.#lastTag += 1;
    return this.#lastTag;
  }

  #find(address: bigint): Entry | undefined {
    return this.#byAddress.get(address)?.find(({ region }) => this.#isValid(region));
  }

  /** Whether its code is what the current address space has at its addresses. */
  #isValid({ spans }: CachedRegion): boolean {
    return spans.every(({ page, frame }) => this.#memory.translate(page, "fetch") === frame);
  }

  #fill({ region, index }: Entry): void {
    const view = new DataView(this.#memory.memory.buffer);
    const tag = this.#useTag();
    const places = this.#jumpEntries(region.entry);
    const isFree = (at: number): boolean =>
      view.getUint32(at + 12, true) !== tag || view.getBigUint64(at, true) === region.entry;
    // What is driven out takes another's place when it is looked up again.
    const at = places.find(isFree) ?? places[0] ?? 0;
    view.setBigUint64(at, region.entry, true);
    view.setUint16(at + 8, index, true);
    view.setUint16(at + 10, region.entryNumber, true);
    view.setUint32(at + 12, tag, true);
  }

  /** Byte offsets of the entries of the jump cache that an address may have. */
  #jumpEntries(address: bigint): readonly number[] {
    const { jumpTable, jumpEntries, jumpWays } = this.#host.places;
    const number = Number((address >> this.#parcelBits) & BigInt(jumpEntries - 1));
    return jumpWays.map((way) => jumpTable + (number ^ way) * jumpEntryBytes);
  }

  #place(run: WebAssembly.ExportValue): number {
    const { functions } = this.#host;
    const index = this.#free.pop() ?? functions.grow(1);
    functions.set(index, run);
    return index;
  }

  #remove(entry: Entry): void {
    const { region, index } = entry;
    if (!this.#entries.delete(entry)) return;
    const siblings = this.#byAddress.get(region.entry)?.filter((other) => other !== entry) ?? [];
    if (siblings.length > 0) this.#byAddress.set(region.entry, siblings);
    else this.#byAddress.delete(region.entry);
    for (const { frame, page } of region.spans) {
      const entries = this.#byFrame.get(frame);
      entries?.delete(entry);
      if (entries?.size === 0) this.#byFrame.delete(frame);
      const number = pageNumber(page);
      const count = (this.#pages.get(number) ?? 1) - 1;
      if (count > 0) this.#pages.set(number, count);
      else this.#pages.delete(number);
    }
    const view = new DataView(this.#memory.memory.buffer);
    for (const at of this.#jumpEntries(region.entry)) {
      if (view.getBigUint64(at, true) !== region.entry) continue;
      if (view.getUint16(at + 8, true) === index) {
        view.setBigUint64(at, emptyAddress, true);
        view.setUint32(at + 12, emptyTag, true);
      }
    }
    this.#host.functions.set(index, null);
    this.#free.push(index);
  }

  /** Evicts the oldest quarter when the cache is full: what is hot is translated again. */
  #makeRoom(): void {
    if (this.#entries.size < this.#limit) return;
    let count = Math.ceil(this.#limit / 4);
    for (const entry of this.#entries) {
      if (count-- <= 0) return;
      this.#remove(entry);
      this.counts.evicted += 1;
    }
  }
}

function pageNumber(address: bigint): number {
  return Number(address >> 12n);
}

function add(map: Map<bigint, Entry[]>, address: bigint, entry: Entry): void {
  const known = map.get(address);
  if (known) known.push(entry);
  else map.set(address, [entry]);
}
