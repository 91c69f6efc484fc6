/**
 * Physical memory protection: 16 entries with a granularity of a page, so that an access within a
 * page lies in one entry as a whole or not at all.
 *
 * @see RISC-V Privileged 20240411, 3.7
 */
import type { AccessKind } from "@isovm/isa-spec";

/** Number of entries. */
export const protectionEntries = 16;

/** Address bits below a page, in the registers' units of 4 bytes. */
const pageBits = 10n;
const locked = 0x80;
const permissions: Readonly<Record<AccessKind, number>> = { read: 1, write: 2, fetch: 4 };

/** An entry that is on, in bytes. */
interface Range {
  readonly start: number;
  readonly end: number;
  readonly configuration: number;
}

/** What an entry's configuration becomes when it is written: reserved encodings don't occur. */
function legalise(value: number): number {
  const kept = value & 0x9f;
  // Write without read is reserved: neither. Four bytes are less than the granularity: a page.
  const readable = (kept & 3) === 2 ? kept & ~2 : kept;
  return (readable & 0x18) === 0x10 ? readable | 0x18 : readable;
}

/** The entries of one hart. */
export class MemoryProtection {
  readonly #addressMask: bigint;
  readonly #configurations: Uint8Array = new Uint8Array(protectionEntries);
  readonly #addresses: bigint[] = new Array<bigint>(protectionEntries).fill(0n);
  #ranges: readonly Range[] = [];
  #key = "";

  /** Addresses have `addressBits` bits, in units of 4 bytes: 54 on RV64, 32 on RV32. */
  constructor(addressBits: number) {
    this.#addressMask = (1n << BigInt(addressBits)) - 1n;
  }

  /** Equal keys mean equal permissions. */
  get key(): string {
    return this.#key;
  }

  /** Whether there may be an access of that kind to the page at a physical address. */
  allows(address: number, access: AccessKind, isMachine: boolean): boolean {
    for (const { start, end, configuration } of this.#ranges) {
      if (address < start || address >= end) continue;
      if (isMachine && (configuration & locked) === 0) return true;
      return (configuration & permissions[access]) !== 0;
    }
    return isMachine;
  }

  /** The value of `pmpaddr`: bits below the granularity read as the entry's mode has it. */
  readAddress(index: number): bigint {
    const address = this.#addresses[index] ?? 0n;
    const isRegion = (this.#configuration(index) & 0x18) === 0x18;
    return isRegion ? address | 0x1ffn : address & ~0x3ffn;
  }

  writeAddress(index: number, value: bigint): void {
    const next = this.#configuration(index + 1);
    const isBound = (next & locked) !== 0 && (next & 0x18) === 0x08;
    if (isBound || (this.#configuration(index) & locked) !== 0) return;
    this.#addresses[index] = value & this.#addressMask;
    this.#compile();
  }

  /** Configurations of `count` entries from `first`, a byte each. */
  readConfigurations(first: number, count: number): bigint {
    let value = 0n;
    for (let index = count - 1; index >= 0; index -= 1) {
      value = (value << 8n) | BigInt(this.#configuration(first + index));
    }
    return value;
  }

  writeConfigurations(first: number, count: number, value: bigint): void {
    for (let index = 0; index < count; index += 1) {
      if ((this.#configuration(first + index) & locked) !== 0) continue;
      this.#configurations[first + index] = legalise(Number((value >> BigInt(8 * index)) & 0xffn));
    }
    this.#compile();
  }

  /** The first entry opens all of memory to all modes. */
  openAll(): void {
    this.writeAddress(0, this.#addressMask);
    this.writeConfigurations(0, 1, 0x1fn);
  }

  /** All entries off. */
  reset(): void {
    this.#configurations.fill(0);
    this.#addresses.fill(0n);
    this.#compile();
  }

  save(): { readonly configurations: readonly number[]; readonly addresses: readonly string[] } {
    return {
      configurations: [...this.#configurations],
      addresses: this.#addresses.map(String),
    };
  }

  restore(saved: ReturnType<MemoryProtection["save"]>): void {
    this.#configurations.set(saved.configurations);
    for (const [index, address] of saved.addresses.entries()) {
      this.#addresses[index] = BigInt(address);
    }
    this.#compile();
  }

  #configuration(index: number): number {
    return this.#configurations[index] ?? 0;
  }

  #compile(): void {
    const ranges: Range[] = [];
    for (let index = 0; index < protectionEntries; index += 1) {
      const configuration = this.#configuration(index);
      const range = this.#range(index, configuration & 0x18);
      if (range && range[0] < range[1]) {
        ranges.push({ start: Number(range[0]), end: Number(range[1]), configuration });
      }
    }
    this.#ranges = ranges;
    this.#key = ranges.map((range) => Object.values(range).join("-")).join();
  }

  /** First and last address of an entry in bytes; nothing if it is off. */
  #range(index: number, mode: number): readonly [bigint, bigint] | undefined {
    const address = this.#addresses[index] ?? 0n;
    const pageOf = (bound: bigint): bigint => (bound >> pageBits) << 12n;
    if (mode === 0x08) {
      return [index > 0 ? pageOf(this.#addresses[index - 1] ?? 0n) : 0n, pageOf(address)];
    }
    if (mode !== 0x18) return undefined;
    const region = address | 0x1ffn;
    // Trailing ones give the size, and the zero above them is part of the offset.
    const offsets = region ^ (region + 1n);
    return [(region & ~offsets) << 2n, ((region & ~offsets) + offsets + 1n) << 2n];
  }
}
