/**
 * The linear memory that a machine and its engines share, and who owns which part of it: runs of
 * 4 KiB pages are taken and given back; page frames and the engines' tables are made from them.
 */
import { PAGE_SIZE } from "@isovm/abi";

const WASM_PAGE_SIZE = 65536;
/** What a 32-bit WebAssembly memory can address. */
export const LINEAR_MEMORY_MAXIMUM_BYTES: number = 65536 * WASM_PAGE_SIZE;
const SMALLEST_GROWTH_BYTES = 1 << 20;
const LARGEST_GROWTH_BYTES = 1 << 26;

/**
 * A `WebAssembly.Memory` that grows on demand. Offsets are unsigned and reach 2^32, so bit operators
 * on them need `>>> 0`.
 *
 * Growing detaches the buffer: nobody keeps `bytes` or `view` in a variable across a call that may
 * allocate.
 */
export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly maximumBytes: number;
  /** The whole memory as bytes; replaced whenever the memory grows. */
  bytes: Uint8Array;
  /** The whole memory for little-endian access; replaced whenever the memory grows. */
  view: DataView;
  /** Everything from here on was never handed out, so it is still zero. */
  #top: number = PAGE_SIZE;
  /** A part that runs are not taken from. */
  #reserved: { readonly start: number; readonly end: number } | undefined;
  /** Offsets of runs given back, by their length in pages. */
  readonly #freeRuns: Map<number, number[]> = new Map();

  /** `maximumBytes` is rounded up to 64 KiB and bounds what the host can be made to reserve. */
  constructor(maximumBytes: number = LINEAR_MEMORY_MAXIMUM_BYTES) {
    const maximum = Math.max(
      1,
      Math.min(
        LINEAR_MEMORY_MAXIMUM_BYTES,
        Math.ceil(maximumBytes / WASM_PAGE_SIZE) * WASM_PAGE_SIZE,
      ) / WASM_PAGE_SIZE,
    );
    this.maximumBytes = maximum * WASM_PAGE_SIZE;
    this.memory = new WebAssembly.Memory({ initial: Math.min(16, maximum), maximum });
    this.bytes = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
  }

  /**
   * Takes `pageCount` zeroed pages in a row and returns their byte offset, or -1 when the memory is
   * exhausted. Offset 0 is never returned: engines may use it as a null pointer.
   */
  takeRun(pageCount: number, alignment: number = PAGE_SIZE): number {
    const reused = this.#reuseExact(pageCount, alignment);
    if (reused >= 0) return reused;
    let start = Math.ceil(this.#top / alignment) * alignment;
    let end = start + pageCount * PAGE_SIZE;
    const reserved = this.#reserved;
    if (reserved && end > reserved.start && this.#top < reserved.end) {
      if (reserved.start > this.#top) {
        this.giveRun(this.#top, (reserved.start - this.#top) / PAGE_SIZE);
      }
      this.#top = reserved.end;
      start = Math.ceil(this.#top / alignment) * alignment;
      end = start + pageCount * PAGE_SIZE;
    }
    if (end <= this.maximumBytes && this.reach(end)) {
      if (start > this.#top) this.giveRun(this.#top, (start - this.#top) / PAGE_SIZE);
      this.#top = end;
      return start;
    }
    return this.#reuseAny(pageCount, alignment);
  }

  /**
   * Keeps bytes `[start, end)`, whole pages of zeros, from being taken as runs; false if some were
   * or the memory is too small. The memory is not made longer for them: see {@link reach}.
   */
  reserve(start: number, end: number): boolean {
    if (this.#reserved || start < this.#top || end > this.maximumBytes) return false;
    this.#reserved = { start, end };
    return true;
  }

  /** Gives a run back, or any part of one. */
  giveRun(offset: number, pageCount: number): void {
    const runs = this.#freeRuns.get(pageCount);
    if (runs) runs.push(offset);
    else this.#freeRuns.set(pageCount, [offset]);
  }

  #reuseExact(pageCount: number, alignment: number): number {
    const runs = this.#freeRuns.get(pageCount);
    const offset = runs?.at(-1);
    if (runs === undefined || offset === undefined || offset % alignment !== 0) return -1;
    runs.pop();
    this.bytes.fill(0, offset, offset + pageCount * PAGE_SIZE);
    return offset;
  }

  /** The memory is at its maximum: joins what was given back and takes the first run that fits. */
  #reuseAny(pageCount: number, alignment: number): number {
    const runs: { start: number; end: number }[] = [];
    for (const [pages, offsets] of this.#freeRuns) {
      for (const start of offsets) runs.push({ start, end: start + pages * PAGE_SIZE });
    }
    runs.sort((a, b) => a.start - b.start);
    this.#freeRuns.clear();
    let found = -1;
    let joined: { start: number; end: number } | undefined;
    const settle = (): void => {
      if (joined === undefined) return;
      const start = Math.ceil(joined.start / alignment) * alignment;
      const end = start + pageCount * PAGE_SIZE;
      if (found < 0 && end <= joined.end) {
        found = start;
        if (start > joined.start) this.giveRun(joined.start, (start - joined.start) / PAGE_SIZE);
        joined.start = end;
      }
      if (joined.end > joined.start) {
        this.giveRun(joined.start, (joined.end - joined.start) / PAGE_SIZE);
      }
    };
    for (const run of runs) {
      if (joined?.end === run.start) joined.end = run.end;
      else {
        settle();
        joined = run;
      }
    }
    settle();
    if (found >= 0) this.bytes.fill(0, found, found + pageCount * PAGE_SIZE);
    return found;
  }

  /** Makes the memory at least `sizeBytes` long, with room to spare while the host allows it. */
  reach(sizeBytes: number): boolean {
    const current = this.bytes.length;
    if (sizeBytes <= current) return true;
    const step = Math.min(LARGEST_GROWTH_BYTES, Math.max(SMALLEST_GROWTH_BYTES, current / 4));
    const generous = Math.min(this.maximumBytes, Math.max(sizeBytes, current + step));
    const grown = this.#grow(generous - current) || this.#grow(sizeBytes - current);
    if (grown) {
      this.bytes = new Uint8Array(this.memory.buffer);
      this.view = new DataView(this.memory.buffer);
    }
    return grown;
  }

  #grow(byBytes: number): boolean {
    try {
      this.memory.grow(Math.ceil(byBytes / WASM_PAGE_SIZE));
      return true;
    } catch {
      // A RangeError: the host has no more memory to give, which callers report as exhaustion.
      return false;
    }
  }
}
