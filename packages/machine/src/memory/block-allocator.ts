/**
 * Blocks of the linear memory for the engines' own tables: predecoded instructions, software TLBs,
 * register files. They share the memory with the guest's frames but not the guest's limit.
 */
import { PAGE_SIZE } from "@isovm/abi";
import { IsovmError } from "@isovm/isa-spec";
import type { LinearMemory } from "./linear-memory.ts";

/** Blocks up to this size share pages. */
const LARGEST_SMALL_BLOCK = 2048;
const SMALLEST_BLOCK = 16;

/** The linear memory has no room for a block; an engine drops cached code and tries again. */
export class EngineMemoryExhausted extends IsovmError<{ sizeBytes: number; limitBytes: number }> {}

/** Allocates zeroed blocks; small ones in sizes of powers of two. */
export class BlockAllocator {
  readonly #linear: LinearMemory;
  readonly #limitBytes: number;
  #inUseBytes = 0;
  /** Sizes in bytes of the blocks in use. */
  readonly #sizes: Map<number, number> = new Map();
  /** Free small blocks by size. */
  readonly #small: Map<number, number[]> = new Map();

  constructor(linear: LinearMemory, limitBytes: number) {
    this.#linear = linear;
    this.#limitBytes = limitBytes;
  }

  /** Bytes of the blocks in use. */
  get inUseBytes(): number {
    return this.#inUseBytes;
  }

  /**
   * Returns the byte offset of a zeroed block. `alignment` is a power of two.
   * @throws EngineMemoryExhausted
   */
  allocate(sizeBytes: number, alignment: number = SMALLEST_BLOCK): number {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || !isPowerOfTwo(alignment)) {
      throw new IsovmError(`not a block: ${sizeBytes} bytes aligned to ${alignment}`, {
        sizeBytes,
        alignment,
      });
    }
    const least = Math.max(sizeBytes, alignment, SMALLEST_BLOCK);
    const small = least <= LARGEST_SMALL_BLOCK;
    const size = small
      ? 2 ** Math.ceil(Math.log2(least))
      : Math.ceil(Math.max(sizeBytes, 1) / PAGE_SIZE) * PAGE_SIZE;
    const offset =
      this.#inUseBytes + size > this.#limitBytes
        ? -1
        : small
          ? this.#takeSmall(size)
          : this.#linear.takeRun(size / PAGE_SIZE, Math.max(alignment, PAGE_SIZE));
    if (offset < 0) {
      throw new EngineMemoryExhausted(`no room for an engine's table of ${sizeBytes} bytes`, {
        sizeBytes,
        limitBytes: this.#limitBytes,
      });
    }
    this.#sizes.set(offset, size);
    this.#inUseBytes += size;
    return offset;
  }

  /** Gives a block back. */
  release(offset: number): void {
    const size = this.#sizes.get(offset);
    if (size === undefined) {
      throw new IsovmError(`no block is allocated at offset ${offset}`, { offset });
    }
    this.#sizes.delete(offset);
    this.#inUseBytes -= size;
    if (size <= LARGEST_SMALL_BLOCK) this.#smallBlocks(size).push(offset);
    else this.#linear.giveRun(offset, size / PAGE_SIZE);
  }

  #takeSmall(size: number): number {
    const free = this.#smallBlocks(size);
    const offset = free.pop();
    if (offset !== undefined) {
      this.#linear.bytes.fill(0, offset, offset + size);
      return offset;
    }
    const page = this.#linear.takeRun(1);
    if (page < 0) return -1;
    for (let at = page + PAGE_SIZE - size; at > page; at -= size) free.push(at);
    return page;
  }

  #smallBlocks(size: number): number[] {
    let blocks = this.#small.get(size);
    if (blocks === undefined) {
      blocks = [];
      this.#small.set(size, blocks);
    }
    return blocks;
  }
}

function isPowerOfTwo(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0 && Number.isInteger(Math.log2(value));
}
