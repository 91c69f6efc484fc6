/** The software TLBs of an interpreter: direct-mapped tables in linear memory. */
import type { EngineMemory, RegionPlaces } from "@isovm/isa-spec";
import { tlbEntryBytes } from "@isovm/wasm";
import { type ContextLayout, tableEntries } from "./context.ts";

const emptyTag = 0xffff_ffff_ffff_ffffn;
const emptyWord = 0xffff_ffff;
const tableNames = ["readTable", "writeTable", "fetchTable"] as const;

/** A table: for loads, for stores, or from pages to their records. */
export type TableName = (typeof tableNames)[number];

/** Tables of pages that lie where their colour is; see `RegionPlaces`. */
export type ColourTables = NonNullable<RegionPlaces["coloured"]>;

const colourEntryBytes = 8;
const anyIndex = -1;
const entryWords = tlbEntryBytes / 4;
/** The tables of a context follow each other. */
const tableWords = tableEntries * entryWords;

/** Enters translations and removes them. */
export class TranslationTables {
  readonly #memory: EngineMemory;
  readonly #context: ContextLayout;
  /** The tables of coloured pages, once an engine uses them. */
  coloured: ColourTables | undefined;
  #reserved: number | undefined;
  /** Byte offset of the current context's tables from those of the first. */
  #bank = 0;
  #current = 0;
  /** Contexts that have been current. */
  readonly #used: Set<number> = new Set();
  /** By index in the tables, which contexts may have an entry there: a bit each, modulo 32. */
  readonly #present: Uint32Array = new Uint32Array(tableEntries);
  /**
   * By byte offset of a frame, the index at which the tables for stores may have it; `anyIndex` if
   * they may have it at several.
   */
  readonly #written: Map<number, number> = new Map();
  #words: Uint32Array;
  #bytes: Uint8Array;
  /** Byte offsets of their entries in use. */
  readonly #colours = new Set<number>();
  #view: DataView;

  constructor(memory: EngineMemory, context: ContextLayout) {
    this.#memory = memory;
    this.#context = context;
    this.#view = new DataView(memory.memory.buffer);
    this.#words = new Uint32Array(memory.memory.buffer);
    this.#bytes = new Uint8Array(memory.memory.buffer);
    this.#begin(0);
  }

  /** A view of all of linear memory, to be used before the next call that may grow it. */
  get view(): DataView {
    if (this.#words.length === 0) this.#renew();
    return this.#view;
  }

  /** The same in words of 32 bits. */
  get words(): Uint32Array {
    if (this.#words.length === 0) this.#renew();
    return this.#words;
  }

  /** The same in bytes. */
  get bytes(): Uint8Array {
    if (this.#words.length === 0) this.#renew();
    return this.#bytes;
  }

  /** A memory that grows takes its views their length; to ask it for its buffer takes much longer. */
  #renew(): void {
    const { buffer } = this.#memory.memory;
    this.#view = new DataView(buffer);
    this.#words = new Uint32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
  }

  /** Enters a page: `base` is the byte offset of its frame, or of its records. */
  enter(table: TableName, address: bigint, base: number): void {
    const { view } = this;
    const page = address & ~0xfffn;
    const index = Number((address >> 12n) % BigInt(tableEntries));
    const entry = this.#context[table] + this.#bank + index * tlbEntryBytes;
    view.setBigUint64(entry, page, true);
    const addend = table === "fetchTable" ? base : base - Number(page & 0xffff_ffffn);
    view.setUint32(entry + 8, addend >>> 0, true);
    this.#present[index] = (this.#present[index] ?? 0) | (1 << this.#current);
    if (table === "writeTable") {
      const known = this.#written.get(base);
      if (known === undefined) this.#written.set(base, index);
      else if (known !== index) this.#written.set(base, anyIndex);
    }
    if (this.coloured && table !== "fetchTable") this.#enterColour(table, page, base);
  }

  /** The byte offset of the records of the page that holds an address; 0 if the table has none. */
  records(address: bigint): number {
    const low = Number(address & 0xffff_f000n);
    const high = Number((address >> 32n) & 0xffff_ffffn);
    const index = (low >>> 12) % tableEntries;
    const at = (this.#context.fetchTable + this.#bank + index * tlbEntryBytes) / 4;
    const { words } = this;
    return words[at] === low && words[at + 1] === high ? (words[at + 2] ?? 0) : 0;
  }

  /** Turns to the tables of a translation context. */
  select(context: number): void {
    const { bank, contextBytes } = this.#context;
    if (bank === undefined) return;
    if (!this.#used.has(context)) this.#begin(context);
    this.#current = context;
    this.#bank = context * contextBytes;
    this.view.setUint32(bank, this.#bank, true);
  }

  /**
   * Takes up the tables of a context. Fresh memory is zero, which says that page 0 lies at 0: of the
   * entries where page 0 is looked for, that would be wrong. These are its own, and that of the last
   * page, as an access which goes on from there is compared with the page of its last byte. To fill
   * the tables costs dearly where the host has to provide their memory first.
   */
  #begin(context: number): void {
    this.#used.add(context);
    for (const table of tableNames) {
      const first = this.#context[table] + context * this.#context.contextBytes;
      for (const index of [0, tableEntries - 1]) {
        this.view.setBigUint64(first + index * tlbEntryBytes, emptyTag, true);
      }
    }
  }

  /** Sets memory aside for the tables of coloured pages, if there can be any. */
  reserveColours(): void {
    const { window } = this.#memory;
    if (window) this.#reserved ??= this.#memory.allocate(2 * window.pages * colourEntryBytes, 4096);
  }

  /** Makes the tables of coloured pages, if memory was set aside and has a window. */
  useColours(): ColourTables | undefined {
    const { window } = this.#memory;
    if (this.coloured || this.#reserved === undefined || !window) return this.coloured;
    if (!this.#memory.useWindow?.()) return undefined;
    const sizeBytes = window.pages * colourEntryBytes;
    const readTable = this.#reserved;
    this.coloured = { readTable, writeTable: readTable + sizeBytes, ...window };
    // As the other tables, they are zero but for page 0 and the last one.
    for (const table of [readTable, readTable + sizeBytes]) {
      this.view.setBigUint64(table, emptyTag, true);
      this.view.setBigUint64(table + sizeBytes - colourEntryBytes, emptyTag, true);
    }
    return this.coloured;
  }

  #enterColour(table: "readTable" | "writeTable", page: bigint, frame: number): void {
    const { coloured, view } = this;
    if (!coloured) return;
    const colour = Number((page >> 12n) & BigInt(coloured.pages - 1));
    if (frame !== coloured.start + colour * 4096) return;
    const entry = coloured[table] + colour * colourEntryBytes;
    view.setBigUint64(entry, page, true);
    this.#colours.add(entry);
  }

  /** Removes the entries for a page, or for a frame whatever page it holds. */
  #dropColour(table: "readTable" | "writeTable", colour: number, page: bigint | undefined): void {
    if (!this.coloured) return;
    const entry = this.coloured[table] + colour * colourEntryBytes;
    if (!this.#colours.has(entry)) return;
    if (page !== undefined && this.view.getBigUint64(entry, true) !== page) return;
    this.view.setBigUint64(entry, emptyTag, true);
    this.#colours.delete(entry);
  }

  /** Removes a frame from the table for stores, where stores to it would go unnoticed. */
  dropWrites(frame: number): void {
    const { coloured } = this;
    const colour = coloured ? (frame - coloured.start) / 4096 : -1;
    if (coloured && colour >= 0 && colour < coloured.pages) {
      this.#dropColour("writeTable", colour, undefined);
    }
    const index = this.#written.get(frame);
    if (index === undefined) return;
    this.#written.delete(frame);
    const first = index === anyIndex ? 0 : index;
    const end = index === anyIndex ? tableEntries : index + 1;
    const { words } = this;
    for (const context of this.#used) {
      const table = (this.#context.writeTable + context * this.#context.contextBytes) / 4;
      const last = table + end * entryWords;
      for (let entry = table + first * entryWords; entry < last; entry += entryWords) {
        if (((words[entry + 2] ?? 0) + (words[entry] ?? 0)) >>> 0 !== frame) continue;
        words[entry] = words[entry + 1] = emptyWord;
      }
    }
  }

  /** Removes `pageCount` pages from `startPage`; all, if absent. Of one context, or of all. */
  drop(startPage: number | undefined, pageCount: number | undefined, context?: number): void {
    if (startPage === undefined || pageCount === undefined || pageCount > tableEntries / 8) {
      this.clear(context);
      return;
    }
    for (let number = startPage; number < startPage + pageCount; number += 1) {
      this.#dropPage(number, context);
    }
  }

  #dropPage(number: number, context: number | undefined): void {
    if (this.coloured) {
      const page = BigInt(number) << 12n;
      const colour = number % this.coloured.pages;
      this.#dropColour("readTable", colour, page);
      this.#dropColour("writeTable", colour, page);
    }
    const index = number % tableEntries;
    let present = this.#present[index] ?? 0;
    if (context !== undefined) present &= 1 << context;
    const low = (number * 4096) >>> 0;
    const high = Math.floor(number / 2 ** 20);
    const { words } = this;
    // A bit stands for all contexts whose numbers differ by multiples of 32.
    for (; present !== 0; present &= present - 1) {
      const first = 31 - Math.clz32(present & -present);
      for (let one = first; one < this.#context.contexts; one += 32) {
        const { contextBytes, readTable } = this.#context;
        let at = (readTable + one * contextBytes + index * tlbEntryBytes) / 4;
        for (let table = 0; table < tableNames.length; table += 1) {
          if (words[at] === low && words[at + 1] === high) words[at] = words[at + 1] = emptyWord;
          at += tableWords;
        }
      }
    }
  }

  /** Removes all of one context, or of all. */
  clear(context?: number): void {
    const { contextBytes, readTable } = this.#context;
    const { bytes } = this;
    for (const one of context === undefined ? this.#used : [context]) {
      const start = readTable + one * contextBytes;
      bytes.fill(0xff, start, start + contextBytes);
    }
    if (context === undefined) {
      this.#written.clear();
      this.#present.fill(0);
    }
    const { view } = this;
    for (const entry of this.#colours) view.setBigUint64(entry, emptyTag, true);
    this.#colours.clear();
  }
}
