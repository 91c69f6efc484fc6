/**
 * The memory of a system VM: RAM as one piece of linear memory, seen by engines through the address
 * translation of the current hart, by page walks and devices as physical addresses.
 */
import type { ByteSource } from "@isovm/abi";
import type { AccessBytes, DmaMemory } from "@isovm/devices";
import {
  type AccessKind,
  type DeviceAccess,
  type EngineMemory,
  IsovmError,
  type MemoryListener,
  type PhysicalMemory,
  translationFault,
} from "@isovm/isa-spec";
import { BlockAllocator } from "../memory/block-allocator.ts";
import { LINEAR_MEMORY_MAXIMUM_BYTES, LinearMemory } from "../memory/linear-memory.ts";
import { AbsentPages, readWhole } from "./absent-pages.ts";
import { CodeMarks } from "./code-marks.ts";
import { TranslationContexts } from "./translation-contexts.ts";

/** RAM of a size that isn't possible. */
export class MemorySizeError extends IsovmError<{ readonly memoryBytes: number }> {}

/** Translates for the hart that executes: as `PrivilegedHart.translate`. */
export type Translate = (address: bigint, access: AccessKind) => number;

/** Devices by physical address. */
export interface PhysicalDevices {
  read(address: number, width: AccessBytes): bigint | undefined;
  write(address: number, width: AccessBytes, value: bigint): boolean;
}

const pageBytes = 4096;
/** Where RAM begins in linear memory; the engines' tables lie before it, and behind it. */
const ramStart = 2 ** 28;
/** What engines can have at least. */
const engineBytes = 2 ** 28;

/** The most RAM that there can be. */
export const LARGEST_RAM_BYTES: number = LINEAR_MEMORY_MAXIMUM_BYTES - ramStart - engineBytes;

/** RAM, and what engines, page walks and devices see of it. */
export class SystemMemory implements EngineMemory, PhysicalMemory, DmaMemory {
  readonly memory: WebAssembly.Memory;
  readonly contexts: number;
  readonly devices: DeviceAccess;
  /** First physical address and length in bytes. */
  readonly base: number;
  readonly sizeBytes: number;
  readonly #linear: LinearMemory;
  readonly #blocks: BlockAllocator;
  readonly #listeners: MemoryListener[] = [];
  readonly #banks = new TranslationContexts();
  /** Whether an engine holds code of a page. */
  readonly #code: CodeMarks;
  /** Whether nothing was written to RAM yet. */
  #isZero = true;
  readonly #absent: AbsentPages;
  #translate: Translate = () => translationFault.bus;

  /** @throws MemorySizeError unless `sizeBytes` is a positive multiple of 4096 up to 3.5 GiB. */
  constructor(base: number, sizeBytes: number, devices: PhysicalDevices) {
    const isPossible = sizeBytes > 0 && sizeBytes <= LARGEST_RAM_BYTES;
    if (!Number.isInteger(sizeBytes / pageBytes) || !isPossible) {
      throw new MemorySizeError(
        `RAM of ${sizeBytes} bytes: it has to be a multiple of 4096 up to ${LARGEST_RAM_BYTES}`,
        { memoryBytes: sizeBytes },
      );
    }
    this.base = base;
    this.sizeBytes = sizeBytes;
    this.#linear = new LinearMemory(LINEAR_MEMORY_MAXIMUM_BYTES);
    this.memory = this.#linear.memory;
    this.#blocks = new BlockAllocator(this.#linear, LINEAR_MEMORY_MAXIMUM_BYTES);
    if (
      !this.#linear.reserve(ramStart, ramStart + sizeBytes) ||
      !this.#linear.reach(ramStart + sizeBytes)
    ) {
      throw new MemorySizeError(`the host has no memory for ${sizeBytes} bytes of RAM`, {
        memoryBytes: sizeBytes,
      });
    }
    this.#code = new CodeMarks(sizeBytes / pageBytes);
    this.#absent = new AbsentPages(sizeBytes / pageBytes);
    this.contexts = this.#banks.count;
    this.devices = {
      read: (address, width) => {
        const physical = this.#translate(address, "read");
        return physical < 0 ? undefined : devices.read(physical, bytesOf(width));
      },
      write: (address, width, value) => {
        const physical = this.#translate(address, "write");
        return physical >= 0 && devices.write(physical, bytesOf(width), value);
      },
    };
  }

  /** The current translation context. */
  get context(): number {
    return this.#banks.current;
  }

  /** All of RAM, to be used before the next call that may make linear memory longer. */
  get ram(): Uint8Array {
    this.loadAbsent();
    this.#isZero = false;
    return this.#wholeRam;
  }

  /** Turns to the translations of a hart, which `key` stands for. */
  select(key: string, translate: Translate): void {
    this.#translate = translate;
    const { changed, recycled } = this.#banks.select(key);
    const { current } = this.#banks;
    if (changed) for (const listener of this.#listeners) listener.contextChanged?.(current);
    if (recycled) this.#changed(undefined, current);
  }

  /** Drops translations of a page or all; of the contexts whose key `matches` admits, or all. */
  flush(page: bigint | undefined, matches: ((key: string) => boolean) | undefined): void {
    if (!matches) return this.#changed(page, undefined);
    for (const context of this.#banks.matching(matches)) this.#changed(page, context);
  }

  allocate(sizeBytes: number, alignment?: number): number {
    return this.#blocks.allocate(sizeBytes, alignment);
  }

  release(offset: number): void {
    this.#blocks.release(offset);
  }

  translate(address: bigint, access: AccessKind): number {
    const physical = this.#translate(address, access);
    if (physical < 0) return physical;
    const offset = physical - this.base;
    if (offset >= 0 && offset < this.sizeBytes) {
      if (access === "write") this.#isZero = false;
      if (this.#absent.count > 0) this.#load(Math.floor(offset / pageBytes));
      return ramStart + offset - (offset % pageBytes);
    }
    return access === "fetch" ? translationFault.bus : translationFault.device;
  }

  markCode(frame: number): void {
    this.#code.mark(pageOf(frame));
    for (const listener of this.#listeners) listener.codeMarked?.(frame);
  }

  isCode(frame: number): boolean {
    return this.#code.has(pageOf(frame));
  }

  wrote(frame: number, start: number, end: number): void {
    const isData = this.#code.wrote(pageOf(frame));
    for (const listener of this.#listeners) {
      if (isData) listener.codeWritten(frame, 0, pageBytes);
      else listener.codeWritten(frame, start, end);
    }
    if (isData) for (const listener of this.#listeners) listener.codeUnmarked?.(frame);
  }

  attach(listener: MemoryListener): void {
    this.#listeners.push(listener);
  }

  load32(address: number): number {
    const at = this.#place(address, 4);
    return at < 0 ? -1 : this.#linear.view.getUint32(at, true);
  }

  store32(address: number, value: number): boolean {
    const at = this.#place(address, 4);
    if (at < 0) return false;
    this.#isZero = false;
    this.#linear.view.setUint32(at, value, true);
    this.#tell(at, 4);
    return true;
  }

  read(address: number, sizeBytes: number): Uint8Array | undefined {
    const at = this.#place(address, sizeBytes);
    return at < 0 ? undefined : this.#linear.bytes.slice(at, at + sizeBytes);
  }

  write(address: number, bytes: Uint8Array): boolean {
    const at = this.#place(address, bytes.length);
    if (at < 0) return false;
    this.#isZero = false;
    this.#linear.bytes.set(bytes, at);
    this.#tell(at, bytes.length);
    return true;
  }

  /**
   * Fills RAM with the bytes of a source; false if it isn't RAM as a whole.
   *
   * @throws ByteSourceError if it ends early
   */
  fill(address: number, source: ByteSource): boolean {
    const at = this.#place(address, source.sizeBytes);
    if (at < 0) return false;
    this.#isZero = false;
    readWhole(source, 0, this.#linear.bytes.subarray(at, at + source.sizeBytes));
    this.#tell(at, source.sizeBytes);
    return true;
  }

  /**
   * Reads pages that {@link replace} has left in their source, all or at least so many; whether none
   * is left.
   *
   * @throws ByteSourceError
   */
  loadAbsent(leastPages: number = Number.POSITIVE_INFINITY): boolean {
    this.#absent.loadMore(leastPages, this.#wholeRam);
    return this.#absent.count === 0;
  }

  /**
   * Has RAM replaced as a whole: by zeros, and pages of a source, given by number and offset. They
   * are read when something first touches them, or by {@link loadAbsent}; the source has to stay as
   * it is until then. Nothing that engines hold is true any more.
   */
  replace(source: ByteSource, pages: Iterable<readonly [page: number, offset: number]>): void {
    // Zeros that nobody has written take no memory of the host.
    if (!this.#isZero) this.#linear.bytes.fill(0, ramStart, ramStart + this.sizeBytes);
    this.#isZero = false;
    this.#absent.set(source, pages);
    for (const page of this.#code.all()) this.wrote(ramStart + page * pageBytes, 0, pageBytes);
    this.#changed(undefined, undefined);
  }

  get #wholeRam(): Uint8Array {
    return this.#linear.bytes.subarray(ramStart, ramStart + this.sizeBytes);
  }

  #load(page: number): void {
    this.#absent.load(page, this.#wholeRam);
  }

  /** The byte offset of physical memory; negative if it isn't RAM as a whole. */
  #place(address: number, sizeBytes: number): number {
    const offset = address - this.base;
    if (!this.#isRam(offset, sizeBytes)) return -1;
    if (this.#absent.count > 0) {
      const last = Math.floor((offset + sizeBytes - 1) / pageBytes);
      for (let page = Math.floor(offset / pageBytes); page <= last; page += 1) this.#load(page);
    }
    return ramStart + offset;
  }

  #isRam(offset: number, sizeBytes: number): boolean {
    return Number.isInteger(offset) && offset >= 0 && offset + sizeBytes <= this.sizeBytes;
  }

  /** Tells engines of bytes that were written behind their backs. */
  #tell(at: number, sizeBytes: number): void {
    const first = at - (at % pageBytes);
    for (let frame = first; frame < at + sizeBytes; frame += pageBytes) {
      if (!this.isCode(frame)) continue;
      this.wrote(frame, Math.max(0, at - frame), Math.min(pageBytes, at + sizeBytes - frame));
    }
  }

  #changed(page: bigint | undefined, context: number | undefined): void {
    const first = page === undefined ? undefined : Number(page >> 12n);
    const count = page === undefined ? undefined : 1;
    for (const listener of this.#listeners) listener.mappingChanged(first, count, context);
  }
}

/** The number in RAM of the page that a frame is. */
function pageOf(frame: number): number {
  return (frame - ramStart) / pageBytes;
}

/** What engines access: 1, 2, 4 or 8 bytes. */
function bytesOf(sizeBytes: number): AccessBytes {
  return sizeBytes as AccessBytes;
}
