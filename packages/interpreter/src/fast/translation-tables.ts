/** The software TLBs of an interpreter: direct-mapped tables in linear memory. */
import type { EngineMemory, RegionPlaces } from "@isovm/isa-spec";
import { tlbEntryBytes } from "@isovm/wasm";
import { type ContextLayout, tableEntries } from "./context.ts";

const emptyTag = 0xffff_ffff_ffff_ffffn;
const tableNames = ["readTable", "writeTable", "fetchTable"] as const;

/** A table: for loads, for stores, or from pages to their records. */
export type TableName = (typeof tableNames)[number];

/** Tables of pages that lie where their colour is; see `RegionPlaces`. */
export type ColourTables = NonNullable<RegionPlaces["coloured"]>;

const colourEntryBytes = 8;
const entryWords = tlbEntryBytes / 4;

/** Enters translations and removes them. */
export class TranslationTables {
  readonly #memory: EngineMemory;
  readonly #context: ContextLayout;
  /** The tables of coloured pages, once an engine uses them. */
  coloured: ColourTables | undefined;
  #reserved: number | undefined;
  /** Byte offset of the current context's tables from those of the first. */
  #bank = 0;
  /** Contexts that have been current. */
  readonly #used = new Set<number>([0]);
  /** Byte offsets of the frames that the tables for stores may have. */
  readonly #written = new Set<number>();
  #words: Uint32Array;
  /** Byte offsets of their entries in use. */
  readonly #colours = new Set<number>();
  #view: DataView;

  constructor(memory: EngineMemory, context: ContextLayout) {
    this.#memory = memory;
    this.#context = context;
    this.#view = new DataView(memory.memory.buffer);
    this.#words = new Uint32Array(memory.memory.buffer);
  }

  /** A view of all of linear memory, to be used before the next call that may grow it. */
  get view(): DataView {
    if (this.#view.buffer !== this.#memory.memory.buffer) {
      this.#view = new DataView(this.#memory.memory.buffer);
    }
    return this.#view;
  }

  /** The same in words of 32 bits. */
  get words(): Uint32Array {
    if (this.#words.buffer !== this.#memory.memory.buffer) {
      this.#words = new Uint32Array(this.#memory.memory.buffer);
    }
    return this.#words;
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
    if (table === "writeTable") this.#written.add(base);
    if (this.coloured && table !== "fetchTable") this.#enterColour(table, page, base);
  }

  /** Turns to the tables of a translation context. */
  select(context: number): void {
    const { bank, contextBytes } = this.#context;
    if (bank === undefined) return;
    if (!this.#used.has(context)) {
      this.#used.add(context);
      this.clear(context);
    }
    this.#bank = context * contextBytes;
    this.view.setUint32(bank, this.#bank, true);
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
    new Uint8Array(this.#memory.memory.buffer).fill(0xff, readTable, readTable + 2 * sizeBytes);
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
    if (!this.#written.delete(frame)) return;
    const { words } = this;
    for (const context of this.#used) {
      const table = (this.#context.writeTable + context * this.#context.contextBytes) / 4;
      for (let entry = table; entry < table + tableEntries * entryWords; entry += entryWords) {
        if (((words[entry + 2] ?? 0) + (words[entry] ?? 0)) >>> 0 !== frame) continue;
        words.fill(0xffff_ffff, entry, entry + 2);
      }
    }
  }

  /** Removes `pageCount` pages from `startPage`; all, if absent. Of one context, or of all. */
  drop(startPage: bigint | undefined, pageCount: number | undefined, context?: number): void {
    if (startPage === undefined || pageCount === undefined || pageCount > tableEntries / 8) {
      this.clear(context);
      return;
    }
    const contexts = context === undefined ? [...this.#used] : [context];
    const { words } = this;
    for (let index = 0; index < pageCount; index += 1) {
      const page = (startPage + BigInt(index)) << 12n;
      if (this.coloured) {
        const colour = Number((page >> 12n) & BigInt(this.coloured.pages - 1));
        this.#dropColour("readTable", colour, page);
        this.#dropColour("writeTable", colour, page);
      }
      const low = Number(page & 0xffff_ffffn);
      const high = Number((page >> 32n) & 0xffff_ffffn);
      const offset = ((low >>> 12) % tableEntries) * tlbEntryBytes;
      for (const one of contexts) {
        for (const table of tableNames) {
          const at = (this.#context[table] + one * this.#context.contextBytes + offset) / 4;
          if (words[at] === low && words[at + 1] === high) words.fill(0xffff_ffff, at, at + 2);
        }
      }
    }
  }

  /** Removes all of one context, or of all. */
  clear(context?: number): void {
    const { contextBytes, readTable } = this.#context;
    const bytes = new Uint8Array(this.#memory.memory.buffer);
    for (const one of context === undefined ? this.#used : [context]) {
      const start = readTable + one * contextBytes;
      bytes.fill(0xff, start, start + contextBytes);
    }
    if (context === undefined) this.#written.clear();
    const { view } = this;
    for (const entry of this.#colours) view.setBigUint64(entry, emptyTag, true);
    this.#colours.clear();
  }
}
