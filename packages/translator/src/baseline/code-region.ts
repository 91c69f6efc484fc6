/**
 * A baseline region: instructions that were executed, with all places where control may come back to
 * them as entries. Found in predecoded records, without decoding anything.
 */
import type { Isa, PredecodedCode } from "@isovm/isa-spec";
import { toAddress, wrapNumber } from "../region/address.ts";
import type { Recorder } from "./recorder.ts";
import { isUntranslatable, RowCode } from "./row-code.ts";
import type { RegisterPlace } from "./template.ts";

const pageBytes = 4096;

/** What is known of a parcel of a page. */
export const parcelFlag = { visited: 1, leader: 2, entry: 4, loop: 8 } as const;

/** The part of a region in one page. Places in it are numbers of parcels. */
export interface RegionPage {
  /** Its address, a number as in address.ts. */
  readonly address: number;
  /** Byte offsets in linear memory of its frame and of its records. */
  readonly frame: number;
  readonly records: number;
  /** By parcel: flags, and the code of the row of what begins there. */
  readonly flags: Uint8Array;
  readonly rows: (RowCode | undefined)[];
  /** By parcel: the number of the block that begins there, and its place in the table, plus one. */
  readonly blocks: Uint16Array;
  readonly table: Uint16Array;
  /** The first and the last parcel with an instruction. */
  first: number;
  last: number;
}

/** Instructions in the order of their addresses, by page and parcel. */
export interface CodeRegion {
  readonly parcelBytes: number;
  /** Ascending by address. */
  readonly pages: readonly RegionPage[];
  /** By address of the page. */
  readonly pageAt: ReadonlyMap<number, RegionPage>;
  readonly instructionCount: number;
}

/** Whether an instruction of a region begins at an address. */
export function hasInstruction({ pageAt, parcelBytes }: CodeRegion, pc: number): boolean {
  const base = Math.floor(pc / pageBytes) * pageBytes;
  return pageAt.get(base)?.rows[(pc - base) / parcelBytes] !== undefined;
}

/** What finding a region needs of its engine. */
export interface CodeRegionsOptions {
  readonly isa: Isa;
  readonly predecoded: PredecodedCode;
  /** What templates are recorded with; making it may grow memory. */
  readonly recorder: () => Recorder;
  /** Byte offset of the frame behind an address; negative if there is none. */
  readonly frameOf: (pc: number) => number;
  readonly memory: WebAssembly.Memory;
  /** Whether code that was never executed is part of regions with what leads to it. */
  readonly coldCode: boolean;
  /** Instructions that are no part of regions. */
  readonly breakpoints: ReadonlySet<bigint>;
}

/** Finds regions. */
export class CodeRegions {
  readonly #options: CodeRegionsOptions;
  /** By row: its code; null if it has none. */
  readonly #rows: (RowCode | null | undefined)[] = [];

  constructor(options: CodeRegionsOptions) {
    this.#options = options;
  }

  /** The region around an address, of `limit` instructions at most; undefined if that has no code. */
  find(entry: number, limit: number): CodeRegion | undefined {
    this.#options.recorder();
    const search = new Search(this.#options, (index) => this.#rowOf(index), limit);
    const region = search.from(entry);
    // Of instructions that overlap only one has its record.
    return region && this.isIntact(region) ? region : undefined;
  }

  /** Whether the records of a region are still there, and what they were. */
  isIntact({ pages }: CodeRegion): boolean {
    const { frameOf, memory, predecoded } = this.#options;
    const { pieceBytes, rows } = predecoded;
    for (const { address, frame, records, first, last, rows: codes } of pages) {
      if (frameOf(address) !== frame || predecoded.recordsOf(frame) !== records) return false;
      // Made here: looking for the frame may grow memory.
      const view = new DataView(memory.buffer);
      for (let parcel = first; parcel <= last; parcel += 1) {
        const code = codes[parcel];
        if (!code) continue;
        const number = view.getUint16(records + parcel * pieceBytes, true);
        if (this.#rowOf(rows[number] ?? -1) !== code) return false;
      }
    }
    return true;
  }

  #rowOf(index: number): RowCode | undefined {
    if (index < 0) return undefined;
    const known = this.#rows[index];
    if (known !== undefined) return known ?? undefined;
    const made = this.#make(index);
    this.#rows[index] = made ?? null;
    return made;
  }

  #make(index: number): RowCode | undefined {
    const { isa, predecoded, recorder } = this.#options;
    const row = isa.instructions[index];
    if (!row || isUntranslatable(row)) return undefined;
    const code = new RowCode(row, predecoded.slotsOf(index), isa);
    return code.template("checked", recorder()) ? code : undefined;
  }
}

class Search {
  readonly #options: CodeRegionsOptions;
  readonly #rowOf: (index: number) => RowCode | undefined;
  #lastView: DataView;
  readonly #parcelBytes: number;
  readonly #parcels: number;
  readonly #pages = new Map<number, RegionPage>();
  /** Addresses to go on at: in the function that was begun with, and in those that it calls. */
  readonly #own: number[] = [];
  readonly #called: number[] = [];
  #left: number;

  constructor(
    options: CodeRegionsOptions,
    rowOf: (index: number) => RowCode | undefined,
    limit: number,
  ) {
    this.#options = options;
    this.#rowOf = rowOf;
    this.#left = limit;
    this.#lastView = new DataView(options.memory.buffer);
    this.#parcelBytes = options.isa.framing.parcelBytes;
    this.#parcels = pageBytes / this.#parcelBytes;
  }

  /** Linear memory; to be asked for again behind what may grow it, as looking for a frame may. */
  get #view(): DataView {
    const { buffer } = this.#options.memory;
    if (this.#lastView.buffer !== buffer) this.#lastView = new DataView(buffer);
    return this.#lastView;
  }

  from(entry: number): CodeRegion | undefined {
    const limit = this.#left;
    this.#lead(entry, parcelFlag.leader | parcelFlag.entry, this.#own);
    for (;;) {
      const start = this.#own.pop() ?? this.#called.shift();
      if (start === undefined || this.#left === 0) break;
      this.#walk(start);
    }
    const pages = [...this.#pages.values()].filter(({ last }) => last >= 0);
    if (pages.length === 0) return undefined;
    pages.sort((one, other) => one.address - other.address);
    for (const page of pages) this.#separate(page);
    return {
      parcelBytes: this.#parcelBytes,
      pages,
      pageAt: this.#pages,
      instructionCount: limit - this.#left,
    };
  }

  #pageOf(address: number): RegionPage | undefined {
    const known = this.#pages.get(address);
    if (known) return known;
    const { frameOf, predecoded } = this.#options;
    const frame = Number.isSafeInteger(address) ? frameOf(address) : -1;
    const records = frame < 0 ? undefined : predecoded.recordsOf(frame);
    if (records === undefined) return undefined;
    const count = this.#parcels;
    const page: RegionPage = {
      address,
      frame,
      records,
      flags: new Uint8Array(count),
      rows: new Array(count),
      blocks: new Uint16Array(count),
      table: new Uint16Array(count),
      first: count,
      last: -1,
    };
    this.#pages.set(address, page);
    return page;
  }

  /** Has control go on at an address. */
  #lead(unwrapped: number, flags: number, queue: number[]): void {
    const address = wrapNumber(unwrapped, this.#options.isa.addressWidth);
    const base = Math.floor(address / pageBytes) * pageBytes;
    const page = this.#pageOf(base);
    if (!page) return;
    const parcel = (address - base) / this.#parcelBytes;
    if (!Number.isInteger(parcel)) return;
    const known = page.flags[parcel] ?? 0;
    page.flags[parcel] = known | flags;
    if ((known & parcelFlag.visited) === 0) queue.push(address);
  }

  #walk(start: number): void {
    const { breakpoints, isa, predecoded } = this.#options;
    const { pieceBytes, rows } = predecoded;
    const base = Math.floor(start / pageBytes) * pageBytes;
    const page = this.#pageOf(base);
    if (!page) return;
    const { flags, records } = page;
    for (let parcel = (start - base) / this.#parcelBytes; this.#left > 0; ) {
      const flag = flags[parcel] ?? 0;
      if ((flag & parcelFlag.visited) !== 0) return;
      const record = records + parcel * pieceBytes;
      const number = this.#view.getUint16(record, true);
      const pc = base + parcel * this.#parcelBytes;
      if (breakpoints.size > 0 && breakpoints.has(toAddress(pc, isa.addressWidth))) return;
      // Where a region begins, control is to come to that.
      const row = this.#rowOf(rows[this.#decoded(record, records, number)] ?? -1);
      if (!row) return;
      flags[parcel] = flag | parcelFlag.visited;
      page.rows[parcel] = row;
      this.#left -= 1;
      if (parcel < page.first) page.first = parcel;
      if (parcel > page.last) page.last = parcel;
      const next = parcel + row.parcels;
      const { flow } = row;
      if (flow.jumps.length > 0 || flow.isIndirect) {
        const nextAddress = base + next * this.#parcelBytes;
        const isCall = isCallIn(row, record, this.#view);
        for (const slot of flow.jumps) {
          const distance = this.#view.getInt32(record + slot.offset, true) / pieceBytes;
          const target = base + (parcel + distance) * this.#parcelBytes;
          const isBack = distance <= 0 ? parcelFlag.loop : 0;
          this.#lead(target, parcelFlag.leader | isBack, isCall ? this.#called : this.#own);
        }
        if (isCall) {
          // Where a call returns to is an entry.
          this.#lead(nextAddress, parcelFlag.leader | parcelFlag.entry, this.#own);
        } else if (flow.fallsThrough && next < this.#parcels) {
          flags[next] = (flags[next] ?? 0) | parcelFlag.leader;
        }
      }
      if (!flow.fallsThrough) return;
      parcel = next;
      if (parcel >= this.#parcels) {
        this.#lead(base + parcel * this.#parcelBytes, parcelFlag.leader, this.#own);
        return;
      }
    }
  }

  /** The number of a record, after it was filled if cold code is wanted. */
  #decoded(record: number, records: number, number: number): number {
    const { coldCode, predecoded } = this.#options;
    if (!coldCode || number !== predecoded.undecoded) return number;
    predecoded.decode(record, records);
    return this.#view.getUint16(record, true);
  }

  /** Begins blocks where instructions don't follow each other. */
  #separate({ first, last, rows, flags }: RegionPage): void {
    let behind = -1;
    for (let parcel = first; parcel <= last; parcel += 1) {
      const row = rows[parcel];
      if (!row) continue;
      if (parcel !== behind) {
        flags[parcel] = (flags[parcel] ?? 0) | parcelFlag.leader;
        // Instructions overlap where code is jumped into.
        if (behind > parcel && behind < this.#parcels) {
          flags[behind] = (flags[behind] ?? 0) | parcelFlag.leader;
        }
      }
      behind = parcel + row.parcels;
    }
  }
}

/** Whether an instruction calls: its row says so, or it leaves where it goes on in a register. */
export function isCallIn({ flow }: RowCode, record: number, view: DataView): boolean {
  if (flow.isCall) return true;
  return flow.link !== undefined && placeIn(flow.link, record, view) !== flow.sink;
}

/** The byte offset in the state of a register of the instruction with that record. */
export function placeIn(place: RegisterPlace, record: number, view: DataView): number {
  return place.kind === "known" ? place.offset : view.getUint16(record + place.slot.offset, true);
}
