/** The predecoded records of the guest's code, a block for each page frame that was executed. */
import type { EngineMemory } from "@isovm/isa-spec";
import { type ContextLayout, fixedHandler, pageHeaderBytes } from "./context.ts";
import { pageHeader } from "./predecoder.ts";

const pageBytes = 4096;
/** Of blocks of records, so that bytes of records and of code convert by a shift. */
const alignment = 32;

/** Record blocks kept at most, each some 4 times the size of a page; then all are dropped. */
const mostPages = 8192;

/**
 * Blocks allocated at once. A block is a little longer than some pages, so that blocks on their own
 * would each begin another page of the host.
 */
const chunkBlocks = 8;

/** What a predecoder makes of code. */
export interface RecordShape {
  readonly parcelBytes: number;
  /** Bytes of records for one parcel. */
  readonly pieceBytes: number;
  /** By handler: the one that executes its first instruction alone. */
  readonly plainHandlers: Uint16Array;
}

/** Makes, finds and invalidates records. */
export class CodePages {
  readonly #memory: EngineMemory;
  readonly #parcelBytes: number;
  readonly #pieceBytes: number;
  readonly #plainHandlers: Uint16Array;
  readonly #longest: number;
  readonly #dropped: () => void;
  #view: DataView;
  /** By frame: byte offset of the first record. */
  readonly #records = new Map<number, number>();
  /** Byte offsets of what was allocated for blocks; the last chunk has room for `#free` more. */
  readonly #chunks: number[] = [];
  #free = 0;

  /** `dropped` is called when offsets of records become invalid. */
  constructor(
    memory: EngineMemory,
    { parcelBytes, pieceBytes, plainHandlers }: RecordShape,
    longestInstruction: number,
    dropped: () => void,
  ) {
    this.#memory = memory;
    this.#view = new DataView(memory.memory.buffer);
    this.#parcelBytes = parcelBytes;
    this.#pieceBytes = pieceBytes;
    this.#plainHandlers = plainHandlers;
    this.#longest = longestInstruction;
    this.#dropped = dropped;
  }

  /** Pages that have records. */
  get count(): number {
    return this.#records.size;
  }

  /** Whether a frame has records. */
  has(frame: number): boolean {
    return this.#records.has(frame);
  }

  /** Says whether a frame is marked as code. Nothing of it is decoded while it isn't. */
  setMarked(frame: number, isMarked: boolean): void {
    const records = this.#records.get(frame);
    if (records === undefined) return;
    this.#viewNow().setUint32(records + pageHeader.isUnmarked, isMarked ? 0 : 1, true);
  }

  /** The byte offset of the first record of a frame, if it has some. */
  knownRecordsOf(frame: number): number | undefined {
    return this.#records.get(frame);
  }

  /** The byte offset of the first record of a frame. */
  recordsOf(frame: number): number {
    const known = this.#records.get(frame);
    if (known !== undefined) return known;
    if (this.#records.size >= mostPages) this.#dropAll();
    const recordsBytes = (pageBytes / this.#parcelBytes) * this.#pieceBytes;
    const records = this.#takeBlock(recordsBytes) + pageHeaderBytes;
    const view = new DataView(this.#memory.memory.buffer);
    view.setUint32(records + pageHeader.code, frame, true);
    view.setUint32(records + pageHeader.sizeBytes, recordsBytes, true);
    view.setUint32(records + pageHeader.localBytes, recordsBytes, true);
    view.setUint16(records + recordsBytes, fixedHandler.pageEnd, true);
    this.#records.set(frame, records);
    return records;
  }

  /** Makes the record of a page-crossing instruction anew from its bytes. */
  initialiseStraddle({ straddleRecords: records, straddleCode }: ContextLayout): void {
    const recordsBytes = (this.#longest / this.#parcelBytes) * this.#pieceBytes;
    const view = this.#viewNow();
    view.setUint32(records + pageHeader.code, straddleCode, true);
    view.setUint32(records + pageHeader.sizeBytes, recordsBytes, true);
    view.setUint32(records + pageHeader.localBytes, 0, true);
    for (let offset = 0; offset < recordsBytes; offset += this.#pieceBytes) {
      view.setUint16(records + offset, fixedHandler.undecoded, true);
    }
    view.setUint16(records + recordsBytes, fixedHandler.pageEnd, true);
  }

  /** Forgets what was predecoded from bytes `[start, end)` of a frame. */
  invalidate(frame: number, start: number, end: number): void {
    const records = this.#records.get(frame);
    if (records === undefined) return;
    const parcel = this.#parcelBytes;
    // Only the handler's number is reset: the instruction that writes still reads its own slots.
    // The one before an instruction that changes may be fused with it.
    const first = Math.max(0, Math.ceil((start - 2 * this.#longest + 1) / parcel));
    const last = Math.min(pageBytes / parcel, Math.ceil(end / parcel));
    // Processes end by this, page after page, in code that no compiler has seen yet.
    const words = new Uint16Array(this.#memory.memory.buffer);
    const step = this.#pieceBytes / 2;
    const end16 = records / 2 + last * step;
    for (let at = records / 2 + first * step; at < end16; at += step) {
      words[at] = fixedHandler.undecoded;
    }
  }

  /** The handler at byte `offset` of a frame; that of undecoded records if it has none. */
  handlerAt(frame: number, offset: number): number {
    const records = this.#records.get(frame);
    if (records === undefined) return fixedHandler.undecoded;
    return this.#viewNow().getUint16(
      records + (offset / this.#parcelBytes) * this.#pieceBytes,
      true,
    );
  }

  /** Changes the handler at byte `offset` of a frame that has records; nothing jumps over it. */
  setHandler(frame: number, offset: number, handler: number): void {
    const records = this.#records.get(frame);
    if (records === undefined) return;
    const view = new DataView(this.#memory.memory.buffer);
    const place = (at: number): number => records + (at / this.#parcelBytes) * this.#pieceBytes;
    view.setUint16(place(offset), handler, true);
    const first = Math.max(0, offset - this.#longest);
    for (let before = first; before < offset; before += this.#parcelBytes) {
      const plain = this.#plainHandlers[view.getUint16(place(before), true)];
      if (plain !== undefined) view.setUint16(place(before), plain, true);
    }
  }

  #viewNow(): DataView {
    const { buffer } = this.#memory.memory;
    if (this.#view.buffer !== buffer) this.#view = new DataView(buffer);
    return this.#view;
  }

  /** The byte offset of a block for so many bytes of records, zeroed. */
  #takeBlock(recordsBytes: number): number {
    const least = pageHeaderBytes + recordsBytes + this.#pieceBytes;
    const blockBytes = Math.ceil(least / alignment) * alignment;
    if (this.#free === 0) {
      this.#chunks.push(this.#allocate(chunkBlocks * blockBytes));
      this.#free = chunkBlocks;
    }
    this.#free -= 1;
    const chunk = this.#chunks[this.#chunks.length - 1] ?? 0;
    return chunk + (chunkBlocks - 1 - this.#free) * blockBytes;
  }

  #allocate(sizeBytes: number): number {
    try {
      return this.#memory.allocate(sizeBytes, alignment);
    } catch (error) {
      if (this.#records.size === 0) throw error;
      this.#dropAll();
      return this.#memory.allocate(sizeBytes, alignment);
    }
  }

  #dropAll(): void {
    for (const chunk of this.#chunks) this.#memory.release(chunk);
    this.#chunks.length = 0;
    this.#free = 0;
    this.#records.clear();
    this.#dropped();
  }
}
