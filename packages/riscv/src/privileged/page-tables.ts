/**
 * Virtual-memory systems: Sv32, Sv39, Sv48 and Sv57 with Svade, Svadu, Svnapot and Svpbmt.
 *
 * @see RISC-V Privileged 20240411, 10.3 to 10.6 and 11 to 14
 */
import { type AccessKind, type PhysicalMemory, translationFault } from "@isovm/isa-spec";
import type { MemoryProtection } from "./memory-protection.ts";

const pageFault = translationFault.unmapped;
/** What a translation is where memory protection refuses or nothing is there. */
export const accessFault: number = translationFault.bus;

/** Flags of a page-table entry. */
const Flag = { v: 1, r: 2, w: 4, x: 8, u: 16, g: 32, a: 64, d: 128 } as const;

/** The shape of a page table. */
export interface PageTableFormat {
  /** `satp.MODE`. */
  readonly mode: number;
  readonly name: string;
  readonly levels: number;
  readonly entryBytes: 4 | 8;
  /** Bits of an index into one table. */
  readonly indexBits: number;
}

/** Formats by `satp.MODE`, RV64. */
export const pageTables64: readonly PageTableFormat[] = [
  { mode: 8, name: "sv39", levels: 3, entryBytes: 8, indexBits: 9 },
  { mode: 9, name: "sv48", levels: 4, entryBytes: 8, indexBits: 9 },
  { mode: 10, name: "sv57", levels: 5, entryBytes: 8, indexBits: 9 },
];

/** Formats by `satp.MODE`, RV32. */
export const pageTables32: readonly PageTableFormat[] = [
  { mode: 1, name: "sv32", levels: 2, entryBytes: 4, indexBits: 10 },
];

/** What a walk depends on beside the address. */
export interface WalkParameters {
  readonly format: PageTableFormat;
  /** Physical address of the root table. */
  readonly root: number;
  readonly isUser: boolean;
  /** `SUM`: supervisor mode may access user pages. */
  readonly allowsUserPages: boolean;
  /** `MXR`: what can be executed can be read. */
  readonly readsExecutable: boolean;
  /** `menvcfg.ADUE`: the walk sets accessed and dirty bits, rather than raising page faults. */
  readonly updates: boolean;
  /** `menvcfg.PBMTE`: entries may have a memory type. */
  readonly hasMemoryTypes: boolean;
}

/** Told that a translation came from an entry for `pages` pages, the virtual one among them. */
export type LargePageObserver = (page: number, pages: number) => void;

/** Where a page table says that a page is. */
export class PageWalker {
  readonly #physical: PhysicalMemory;
  readonly #protection: MemoryProtection;
  readonly #observe: LargePageObserver;

  constructor(
    physical: PhysicalMemory,
    protection: MemoryProtection,
    observeLargePage: LargePageObserver,
  ) {
    this.#physical = physical;
    this.#protection = protection;
    this.#observe = observeLargePage;
  }

  /**
   * The physical address of the virtual address `high * 2^32 + low` (both unsigned), or a fault.
   * Memory protection of the result is the caller's; that of the page tables is checked here.
   */
  walk(high: number, low: number, access: AccessKind, parameters: WalkParameters): number {
    const { format, root } = parameters;
    if (!isCanonical(high, format)) return pageFault;
    let table = root;
    for (let level = format.levels - 1; level >= 0; level -= 1) {
      const place = table + tableIndex(high, low, level, format) * format.entryBytes;
      if (!this.#protection.allows(place, "read", false)) return accessFault;
      const entry = this.#load(place);
      if (entry < 0) return accessFault;
      const upper = format.entryBytes === 8 ? this.#load(place + 4) : 0;
      if ((entry & Flag.v) === 0 || (entry & (Flag.r | Flag.w)) === Flag.w) return pageFault;
      if (isReserved(entry, upper, level, parameters)) return pageFault;
      if ((entry & (Flag.r | Flag.x)) !== 0) {
        if (!isPermitted(entry, access, parameters)) return pageFault;
        const target = this.#target(high, low, entry, upper, level, format);
        return target < 0 ? target : this.#mark(place, entry, access, parameters, target);
      }
      if ((entry & (Flag.a | Flag.d | Flag.u)) !== 0) return pageFault;
      table = ((entry >>> 10) + (upper & 0x3f_ffff) * 0x40_0000) * 4096;
    }
    return pageFault;
  }

  /** The physical address of a virtual one for a debugger: whoever may access it, without a trace. */
  locate(high: number, low: number, { format, root }: WalkParameters): number {
    if (!isCanonical(high, format)) return pageFault;
    let table = root;
    for (let level = format.levels - 1; level >= 0; level -= 1) {
      const place = table + tableIndex(high, low, level, format) * format.entryBytes;
      const entry = this.#load(place);
      const upper = format.entryBytes === 8 ? this.#load(place + 4) : 0;
      if (entry < 0 || (entry & Flag.v) === 0) return pageFault;
      if ((entry & (Flag.r | Flag.x)) !== 0) {
        return this.#target(high, low, entry, upper, level, format);
      }
      table = ((entry >>> 10) + (upper & 0x3f_ffff) * 0x40_0000) * 4096;
    }
    return pageFault;
  }

  #load(address: number): number {
    return address <= Number.MAX_SAFE_INTEGER ? this.#physical.load32(address) : -1;
  }

  /** Sets accessed and dirty bits of a leaf where hardware does; then gives `target` or a fault. */
  #mark(
    place: number,
    entry: number,
    access: AccessKind,
    { updates }: WalkParameters,
    target: number,
  ): number {
    const needed = access === "write" ? Flag.a | Flag.d : Flag.a;
    if ((entry & needed) === needed) return target;
    if (!updates) return pageFault;
    if (!this.#protection.allows(place, "write", false)) return accessFault;
    return this.#physical.store32(place, (entry | needed) >>> 0) ? target : accessFault;
  }

  /** The physical address behind a leaf, whose frame must be aligned to the size of its page. */
  #target(
    high: number,
    low: number,
    entry: number,
    upper: number,
    level: number,
    format: PageTableFormat,
  ): number {
    const page = low >>> 12;
    const frame = entry >>> 10;
    const upperFrame = (upper & 0x3f_ffff) * 0x40_0000;
    const offset = low & 0xfff;
    if (level === 0) {
      if (upper >>> 31 === 0) return (frame + upperFrame) * 4096 + offset;
      // The only size of Svnapot: 16 pages.
      this.#observe(page + high * 0x10_0000, 16);
      return (frame - 8 + (page & 15) + upperFrame) * 4096 + offset;
    }
    // Remainders by powers of two, in halves that integers hold: those of doubles are slow.
    const bits = level * format.indexBits;
    const rest = bits <= 22 ? frame & lowBits(bits) : frame | (upper & lowBits(bits - 22));
    if (rest !== 0) return pageFault;
    const inside =
      bits <= 20 ? page & lowBits(bits) : page + (high & lowBits(bits - 20)) * 0x10_0000;
    this.#observe(page + high * 0x10_0000, 2 ** bits);
    return (frame + upperFrame + inside) * 4096 + offset;
  }
}

function lowBits(count: number): number {
  return (1 << count) - 1;
}

/** Whether a leaf allows an access. */
function isPermitted(entry: number, access: AccessKind, parameters: WalkParameters): boolean {
  const { isUser, allowsUserPages, readsExecutable } = parameters;
  if ((entry & Flag.u) === 0) {
    if (isUser) return false;
  } else if (!isUser && (access === "fetch" || !allowsUserPages)) {
    return false;
  }
  const readable = readsExecutable ? Flag.r | Flag.x : Flag.r;
  const right = access === "fetch" ? Flag.x : access === "write" ? Flag.w : readable;
  return (entry & right) !== 0;
}

/** Index into the table at `level`. */
function tableIndex(high: number, low: number, level: number, format: PageTableFormat): number {
  if (format.entryBytes === 4) return level === 1 ? low >>> 22 : (low >>> 12) & 0x3ff;
  switch (level) {
    case 0:
      return (low >>> 12) & 0x1ff;
    case 1:
      return (low >>> 21) & 0x1ff;
    case 2:
      return ((high & 0x7f) << 2) | (low >>> 30);
    case 3:
      return (high >>> 7) & 0x1ff;
    default:
      return (high >>> 16) & 0x1ff;
  }
}

/** Whether the bits above those that are translated all equal the highest one that is. */
function isCanonical(high: number, format: PageTableFormat): boolean {
  if (format.entryBytes === 4) return true;
  const sign = (high | 0) >> (format.levels * 9 + 11 - 32);
  return sign === 0 || sign === -1;
}

/** Whether an entry has an encoding that is reserved, N and PBMT in the upper half included. */
function isReserved(
  entry: number,
  upper: number,
  level: number,
  { hasMemoryTypes }: WalkParameters,
): boolean {
  if (upper >>> 22 === 0) return false;
  if ((upper & 0x1fc0_0000) !== 0) return true;
  const isLeaf = (entry & (Flag.r | Flag.x)) !== 0;
  if (!isLeaf) return true;
  const memoryType = (upper >>> 29) & 3;
  if (memoryType === 3 || (memoryType !== 0 && !hasMemoryTypes)) return true;
  if (upper >>> 31 === 0) return false;
  return level > 0 || ((entry >>> 10) & 15) !== 8;
}
