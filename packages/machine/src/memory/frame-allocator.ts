/**
 * Page frames: 4 KiB pieces of the linear memory that hold guest pages, with reference counts, and
 * the marks on those from which an engine has predecoded or translated code.
 *
 * A frame is named by its byte offset in the linear memory.
 */
import { PAGE_SIZE } from "@isovm/abi";
import type { LinearMemory } from "./linear-memory.ts";

/** Frames taken from the linear memory at once. */
const BATCH_PAGES = 64;

/** What is known of frames is kept for this many at least. */
const SMALLEST_COUNT = 4096;

/**
 * The colour window: frames for pages by their number. A page is given the frame of its colour –
 * its number modulo the window's pages – if that is free. Where an access then goes in linear memory
 * is known from its address alone.
 */
export interface ColourWindow {
  /** Byte offset of the frame of colour 0. */
  readonly start: number;
  /** Its pages, a power of two. */
  readonly pages: number;
}

/** Receives writes to frames that are marked as code. */
export type CodeObserver = (frame: number, start: number, end: number) => void;

/** Hands out zeroed frames within a limit. */
export class FrameAllocator {
  readonly linear: LinearMemory;
  /** A frame of zeros that all untouched anonymous pages may map for reading; never written. */
  readonly zeroFrame: number;
  #window: ColourWindow | undefined;
  /** How many frames may be in use, page tables included. */
  readonly limitFrames: number;
  /** Who is told about writes to code. */
  codeObserver: CodeObserver = () => {};
  /** Frees frames that could be had again, when the limit is reached; true if it freed any. */
  reclaim: () => boolean = () => false;
  /** Where the search for any free colour goes on. */
  #nextColour = 0;
  #inUse = 0;
  #charged = 0;
  /** By number of a frame; as long as the frames handed out so far need. */
  #references: Uint32Array = new Uint32Array(SMALLEST_COUNT);
  #codeMarks: Uint8Array = new Uint8Array(SMALLEST_COUNT);
  /** Numbers of free frames whose content is stale; and fresh ones, which are zero. */
  readonly #stale: number[] = [];
  readonly #fresh: number[] = [];

  constructor(linear: LinearMemory, limitFrames: number) {
    this.linear = linear;
    this.limitFrames = limitFrames;
    this.zeroFrame = linear.takeRun(1);
    this.#reach(this.zeroFrame / PAGE_SIZE + 1);
    this.#references[this.zeroFrame / PAGE_SIZE] = 1;
  }

  /** Frames of pages by their number, once they are wanted. */
  get window(): ColourWindow | undefined {
    return this.#window;
  }

  /** From now on, pages get the frames of their colour; false if linear memory has no room. */
  useWindow(window: ColourWindow): boolean {
    const end = window.start + window.pages * PAGE_SIZE;
    if (!this.linear.reserve(window.start, end)) return false;
    this.#window = window;
    return true;
  }

  /** Frames in use; the zero frame and charges are not counted. */
  get inUse(): number {
    return this.#inUse;
  }

  /**
   * A zeroed frame with one reference, or -1 when the limit or the host's memory is exhausted. It
   * has the colour of `page` if that frame is free.
   */
  allocate(page?: number): number {
    if (!this.#hasRoom(1)) return -1;
    const coloured = page === undefined ? -1 : this.allocateColoured(page);
    if (coloured >= 0) return coloured;
    let number = this.#stale.pop();
    if (number !== undefined) {
      const frame = number * PAGE_SIZE;
      this.linear.bytes.fill(0, frame, frame + PAGE_SIZE);
    } else {
      number = this.#fresh.pop() ?? this.#refill();
      if (number < 0) return this.#anyColour();
    }
    this.#references[number] = 1;
    this.#inUse++;
    return number * PAGE_SIZE;
  }

  /** How many mappings and caches hold the frame. */
  references(frame: number): number {
    return this.#references[frame >>> 12] ?? 0;
  }

  retain(frame: number): void {
    if (frame === this.zeroFrame) return;
    this.#references[frame >>> 12] = this.references(frame) + 1;
  }

  /** Drops a reference; the last one frees the frame and reports code that it held. */
  release(frame: number): void {
    if (frame === this.zeroFrame) return;
    const number = frame >>> 12;
    const left = this.references(frame) - 1;
    this.#references[number] = left;
    if (left > 0) return;
    if (this.#codeMarks[number] !== 0) {
      this.#codeMarks[number] = 0;
      this.codeObserver(frame, 0, PAGE_SIZE);
    }
    this.#inUse--;
    if (!this.isColoured(frame)) this.#stale.push(number);
  }

  /** Counts what the guest makes the host spend elsewhere (page tables) against the limit. */
  charge(frames: number, force: boolean = false): boolean {
    if (!force && !this.#hasRoom(frames)) return false;
    this.#charged += frames;
    return true;
  }

  uncharge(frames: number): void {
    this.#charged -= frames;
  }

  markCode(frame: number): void {
    this.#codeMarks[frame >>> 12] = 1;
  }

  isCode(frame: number): boolean {
    return this.#codeMarks[frame >>> 12] === 1;
  }

  /** To be called after the host wrote to bytes `[start, end)` of a frame. */
  wrote(frame: number, start: number, end: number): void {
    if (this.#codeMarks[frame >>> 12] === 1) this.codeObserver(frame, start, end);
  }

  /** The frame of a page's colour, zeroed and with one reference, or -1 if that isn't free. */
  allocateColoured(page: number): number {
    const { window } = this;
    if (!window || !this.#hasRoom(1)) return -1;
    const frame = window.start + (page % window.pages) * PAGE_SIZE;
    const number = frame / PAGE_SIZE;
    if (this.references(frame) > 0) return -1;
    const isFresh = frame >= this.linear.bytes.length;
    if (!this.linear.reach(frame + PAGE_SIZE)) return -1;
    this.#reach(number + 1);
    // What was never given out is zero, but only the memory beyond its end surely wasn't.
    if (!isFresh) this.linear.bytes.fill(0, frame, frame + PAGE_SIZE);
    this.#references[number] = 1;
    this.#inUse++;
    return frame;
  }

  /** Any free frame of the window, or -1: the rest of the linear memory is exhausted. */
  #anyColour(): number {
    for (let count = this.window?.pages ?? 0; count > 0; count--) {
      const frame = this.allocateColoured(this.#nextColour++);
      if (frame >= 0) return frame;
    }
    return -1;
  }

  /** Whether a frame is one of the window's. */
  isColoured(frame: number): boolean {
    const { window } = this;
    return (
      window !== undefined &&
      frame >= window.start &&
      frame < window.start + window.pages * PAGE_SIZE
    );
  }

  #hasRoom(frames: number): boolean {
    const most = this.limitFrames - frames;
    return (
      this.#inUse + this.#charged <= most || (this.reclaim() && this.#inUse + this.#charged <= most)
    );
  }

  #refill(): number {
    let count = BATCH_PAGES;
    let offset = this.linear.takeRun(count);
    if (offset < 0) {
      count = 1;
      offset = this.linear.takeRun(1);
      if (offset < 0) return -1;
    }
    const first = offset / PAGE_SIZE;
    this.#reach(first + count);
    // Backwards, so that frames are handed out in ascending order.
    for (let number = first + count - 1; number > first; number--) this.#fresh.push(number);
    return first;
  }

  /** Makes room for what is known of the frames below a number. */
  #reach(number: number): void {
    const length = this.#references.length;
    if (number <= length) return;
    // At full size from the start, these would be most of what a small guest costs the host.
    const references = new Uint32Array(Math.max(number, 2 * length));
    references.set(this.#references);
    this.#references = references;
    const marks = new Uint8Array(references.length);
    marks.set(this.#codeMarks);
    this.#codeMarks = marks;
  }
}
