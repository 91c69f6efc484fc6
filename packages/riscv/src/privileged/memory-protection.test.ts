/** Memory protection against the manual's matching rules, byte by byte. */
import type { AccessKind } from "@isovm/isa-spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryProtection, protectionEntries } from "./memory-protection.ts";

const mask54 = (1n << 54n) - 1n;
const address = fc.oneof(
  { weight: 4, arbitrary: fc.nat(24).map((page) => BigInt(page) << 10n) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(24), fc.nat(14))
      .map(([page, size]) => (BigInt(page) << 10n) | ((1n << BigInt(size)) - 1n)),
  },
  { weight: 1, arbitrary: fc.bigInt(0n, (1n << 64n) - 1n) },
);
const write = fc.oneof(
  fc.record({ kind: fc.constant("address" as const), index: fc.nat(15), value: address }),
  fc.record({
    kind: fc.constant("configuration" as const),
    index: fc.nat(15),
    value: fc.oneof({ weight: 6, arbitrary: fc.bigInt(0n, 0x1fn) }, fc.bigInt(0n, 0xffn)),
  }),
);

/** The registers as they read, and what the manual makes of them for one byte. */
class Model {
  readonly configurations: bigint[];
  readonly addresses: bigint[];

  constructor(protection: MemoryProtection) {
    const all = protection.readConfigurations(0, 8) | (protection.readConfigurations(8, 8) << 64n);
    this.configurations = Array.from({ length: 16 }, (_, i) => (all >> BigInt(8 * i)) & 0xffn);
    this.addresses = Array.from({ length: 16 }, (_, i) => protection.readAddress(i));
  }

  allows(byte: bigint, access: AccessKind, isMachine: boolean): boolean {
    for (const [i, configuration] of this.configurations.entries()) {
      if (!this.#matches(i, configuration, byte)) continue;
      const permission = { read: 1n, write: 2n, fetch: 4n }[access];
      if (isMachine && (configuration & 0x80n) === 0n) return true;
      return (configuration & permission) !== 0n;
    }
    return isMachine;
  }

  #matches(i: number, configuration: bigint, byte: bigint): boolean {
    const word = byte >> 2n;
    const own = this.addresses[i] ?? 0n;
    switch ((configuration >> 3n) & 3n) {
      case 0n:
        return false;
      // As it reads, the register below may be that of a region; the granularity hides its low bits.
      case 1n: {
        const below = i === 0 ? 0n : ((this.addresses[i - 1] ?? 0n) >> 10n) << 10n;
        return word >= below && word < own;
      }
      case 2n:
        throw new RangeError("four-byte regions are smaller than the granularity");
      default: {
        let ones = 0n;
        while (((own >> ones) & 1n) === 1n) ones += 1n;
        return word >> (ones + 1n) === own >> (ones + 1n);
      }
    }
  }
}

function apply(
  protection: MemoryProtection,
  writes: readonly (typeof write extends fc.Arbitrary<infer T> ? T : never)[],
): void {
  for (const { kind, index, value } of writes) {
    if (kind === "address") protection.writeAddress(index, value);
    else protection.writeConfigurations(index, 1, value);
  }
}

describe("memory protection", () => {
  it("matches the first entry whose range, as the registers read, has the page", () => {
    fc.assert(
      fc.property(
        fc.array(write, { maxLength: 24 }),
        fc.oneof(fc.nat(40 * 4096 - 1).map(BigInt), fc.bigInt(0n, (1n << 53n) - 1n)),
        fc.constantFrom<AccessKind>("read", "write", "fetch"),
        fc.boolean(),
        (writes, byte, access, isMachine) => {
          const protection = new MemoryProtection(54);
          apply(protection, writes);
          const expected = new Model(protection).allows(byte, access, isMachine);
          expect(protection.allows(Number(byte), access, isMachine)).toBe(expected);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("keeps registers legal, and reads back what it took", () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 24 }), (writes) => {
        const protection = new MemoryProtection(54);
        apply(protection, writes);
        const { configurations, addresses } = new Model(protection);
        for (const configuration of configurations) {
          expect(configuration & 0x60n).toBe(0n);
          expect(configuration & 3n).not.toBe(2n);
          expect(configuration & 0x18n).not.toBe(0x10n);
        }
        const twin = new MemoryProtection(54);
        addresses.forEach((value, index) => {
          expect(value & ~mask54).toBe(0n);
          twin.writeAddress(index, value);
        });
        configurations.forEach((value, index) => {
          twin.writeConfigurations(index, 1, value);
        });
        expect(new Model(twin)).toEqual(new Model(protection));
      }),
    );
  });

  it("leaves locked entries, and the lower bound of a locked range, as they are until reset", () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 12 }), fc.array(write), (before, after) => {
        const protection = new MemoryProtection(54);
        apply(protection, before);
        const { configurations, addresses } = new Model(protection);
        apply(protection, after);
        const now = new Model(protection);
        for (let index = 0; index < protectionEntries; index += 1) {
          const configuration = configurations[index] ?? 0n;
          if ((configuration & 0x80n) === 0n) continue;
          expect(now.configurations[index]).toBe(configuration);
          expect(now.addresses[index]).toBe(addresses[index]);
          const isRange = (configuration & 0x18n) === 8n && index > 0;
          if (isRange) {
            const bound = (value = 0n): bigint => value >> 10n;
            expect(bound(now.addresses[index - 1])).toBe(bound(addresses[index - 1]));
          }
        }
        protection.reset();
        expect(new Model(protection)).toEqual(new Model(new MemoryProtection(54)));
      }),
    );
  });

  it("locks the bound below a locked range, which is the address of the entry before", () => {
    const protection = new MemoryProtection(54);
    protection.writeAddress(3, 0x4000n);
    protection.writeAddress(4, 0x8000n);
    protection.writeConfigurations(4, 1, 0x8fn);
    protection.writeAddress(3, 0x6000n);
    expect(protection.readAddress(3)).toBe(0x4000n);
    protection.writeAddress(2, 0x6000n);
    expect(protection.readAddress(2)).toBe(0x6000n);
  });

  it("matches nothing with a range that ends where it begins, or before", () => {
    const protection = new MemoryProtection(54);
    protection.writeAddress(0, 0x8000n);
    protection.writeAddress(1, 0x4000n);
    protection.writeConfigurations(1, 1, 0x8fn);
    for (const byte of [0, 0x10000, 0x18000, 0x20000]) {
      expect(protection.allows(byte, "read", false)).toBe(false);
      expect(protection.allows(byte, "write", true)).toBe(true);
    }
  });

  it("binds machine mode by locked entries only", () => {
    const protection = new MemoryProtection(54);
    protection.writeAddress(0, 0x1ffn);
    protection.writeConfigurations(0, 1, 0x19n);
    expect(protection.allows(0xfff, "write", true)).toBe(true);
    protection.writeConfigurations(0, 1, 0x99n);
    expect(protection.allows(0xfff, "write", true)).toBe(false);
    expect(protection.allows(0xfff, "read", true)).toBe(true);
    expect(protection.allows(0x1000, "write", true)).toBe(true);
  });

  it("shows its granularity of a page as software looks for it", () => {
    const protection = new MemoryProtection(54);
    protection.writeAddress(0, (1n << 64n) - 1n);
    expect(protection.readAddress(0)).toBe(mask54 & ~0x3ffn);
    protection.writeConfigurations(0, 1, 0x18n);
    expect(protection.readAddress(0)).toBe(mask54);
  });
});
