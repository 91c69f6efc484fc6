/** Names of addresses in a disassembly. */
import type { ElfSymbol } from "../elf/elf-symbols.ts";

/** Symbols by address: exactly there, or the nearest one before. */
export class Labels {
  readonly #addresses: readonly bigint[];
  readonly #names: ReadonlyMap<bigint, readonly string[]>;

  /** @param symbols in the order of their addresses. */
  constructor(symbols: readonly ElfSymbol[]) {
    const names = new Map<bigint, string[]>();
    // Global names first: they are what people know.
    const sorted = [...symbols].sort((a, b) => Number(b.isGlobal) - Number(a.isGlobal));
    for (const { name, address } of sorted) {
      const known = names.get(address);
      if (!known) names.set(address, [name]);
      else if (!known.includes(name)) known.push(name);
    }
    this.#names = names;
    this.#addresses = [...new Set(symbols.map(({ address }) => address))];
  }

  /** All names of an address. */
  at(address: bigint): readonly string[] {
    return this.#names.get(address) ?? [];
  }

  /** `main`, `main+0x8`, or undefined before the first symbol. */
  describe(address: bigint): string | undefined {
    let low = 0;
    let high = this.#addresses.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#addresses[middle] ?? 0n) <= address) low = middle + 1;
      else high = middle;
    }
    const base = this.#addresses[low - 1];
    const name = base === undefined ? undefined : this.at(base)[0];
    if (base === undefined || name === undefined) return undefined;
    return base === address ? name : `${name}+0x${(address - base).toString(16)}`;
  }
}
