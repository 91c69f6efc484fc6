/** Page walks against the manual's own description, over tables of random entries. */
import { type AccessKind, type PhysicalMemory, translationFault } from "@isovm/isa-spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryProtection } from "./memory-protection.ts";
import { PageWalker, pageTables32, pageTables64 } from "./page-tables.ts";
import { type ModelMemory, modelSystems, modelWalk } from "./testing/walk-model.ts";

const base = 0x8000_0000;
const pages = 4;

/** Four pages of RAM, which tables and what they map share. */
class Ram implements PhysicalMemory {
  readonly view: DataView = new DataView(new ArrayBuffer(pages * 4096));

  load32(address: number): number {
    return this.#has(address) ? this.view.getUint32(address - base, true) : -1;
  }
  store32(address: number, value: number): boolean {
    if (this.#has(address)) this.view.setUint32(address - base, value, true);
    return this.#has(address);
  }
  read(): undefined {}
  write(): boolean {
    return false;
  }
  #has(address: number): boolean {
    return address >= base && address < base + pages * 4096;
  }
}

function modelOf(ram: Ram): ModelMemory {
  const has = (address: bigint): boolean =>
    address >= BigInt(base) && address < BigInt(base + pages * 4096);
  return {
    load(address, size) {
      if (!has(address)) return undefined;
      const at = Number(address) - base;
      return size === 8 ? ram.view.getBigUint64(at, true) : BigInt(ram.view.getUint32(at, true));
    },
    store(address, size, value) {
      const at = Number(address) - base;
      if (size === 8) ram.view.setBigUint64(at, value, true);
      else ram.view.setUint32(at, Number(value), true);
    },
  };
}

const formats = [...pageTables64, ...pageTables32];

/** An entry: likely one of the four pages, with likely flags, sometimes with reserved bits. */
const entry = fc
  .record({
    page: fc.oneof(
      { weight: 8, arbitrary: fc.nat(pages - 1).map((page) => BigInt(base / 4096 + page)) },
      { weight: 4, arbitrary: fc.constantFrom(0n, 0x8_0000n, 0x8_0008n, 0x4_0000n, 1n << 27n) },
      { weight: 1, arbitrary: fc.bigInt(0n, (1n << 44n) - 1n) },
    ),
    flags: fc.oneof(
      { weight: 4, arbitrary: fc.constant(1n) },
      { weight: 4, arbitrary: fc.constantFrom(0xcfn, 0xdfn, 0x4fn, 0x0fn, 0x4bn, 0x49n, 0x57n) },
      { weight: 2, arbitrary: fc.bigInt(0n, 0x3ffn) },
    ),
    upper: fc.oneof(
      { weight: 8, arbitrary: fc.constant(0n) },
      { weight: 2, arbitrary: fc.bigInt(0n, 0x3ffn) },
      { weight: 1, arbitrary: fc.constantFrom(0x200n, 0x80n, 0x100n) },
    ),
  })
  .map(({ page, flags, upper }) => (upper << 54n) | (page << 10n) | flags);

/** A leaf that is likely allowed: of the alignment of each level, and of Svnapot. */
const leaf = fc
  .record({
    page: fc.constantFrom(0x8_0000n, 0x800_0000n, 1n << 36n, 0n, 0x8_0008n),
    flags: fc.constantFrom(0xcfn, 0xdfn, 0x0fn, 0x5fn, 0xd9n, 0xdbn, 0xd7n),
    upper: fc.constantFrom(0n, 0n, 0n, 0x200n, 0x80n, 0x180n),
  })
  .map(({ page, flags, upper }) => (upper << 54n) | (page << 10n) | flags);

/** Indices at every level: few, so that an address meets the entries that were filled in. */
const indices = fc.array(fc.constantFrom(0, 1, 8, 255, 256, 511), { minLength: 5, maxLength: 5 });

const scenario = fc.record({
  format: fc.constantFrom(...formats),
  indices,
  offset: fc.nat(4095),
  breaksSign: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.boolean()),
  entries: fc.array(fc.record({ page: fc.nat(pages - 1), level: fc.nat(4), entry }), {
    maxLength: 6,
  }),
  /** Pointers lead to here. */
  leafLevel: fc.nat(4),
  leaf: fc.oneof({ weight: 2, arbitrary: leaf }, entry),
  access: fc.constantFrom<AccessKind>("read", "write", "fetch"),
  user: fc.boolean(),
  sum: fc.boolean(),
  mxr: fc.boolean(),
  adue: fc.boolean(),
  pbmte: fc.boolean(),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function addressOf({ format, indices, offset, breaksSign }: Scenario): bigint {
  let address = BigInt(offset);
  const { levels, indexBits } = format;
  for (let level = 0; level < levels; level += 1) {
    address |= BigInt(indices[level] ?? 0) << BigInt(12 + level * indexBits);
  }
  const bits = levels * indexBits + 12;
  if (bits === 32) return address;
  const extended = BigInt.asUintN(64, BigInt.asIntN(bits, address));
  return breaksSign ? extended ^ (1n << 63n) : extended;
}

function ramOf({ format, indices, entries, leafLevel, leaf }: Scenario): Ram {
  const { levels, entryBytes } = format;
  const ram = new Ram();
  const put = (page: number, level: number, value: bigint): void => {
    const at = (page % pages) * 4096 + (indices[level % levels] ?? 0) * entryBytes;
    if (entryBytes === 8) ram.view.setBigUint64(at, BigInt.asUintN(64, value), true);
    else ram.view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
  };
  for (let level = levels - 1; level > leafLevel % levels; level -= 1) {
    const next = BigInt(base / 4096 + ((levels - level) % pages));
    put(levels - 1 - level, level, (next << 10n) | 1n);
  }
  put(levels - 1 - (leafLevel % levels), leafLevel, leaf);
  for (const { page, level, entry } of entries) put(page, level, entry);
  return ram;
}

function open(): MemoryProtection {
  const protection = new MemoryProtection(54);
  protection.openAll();
  return protection;
}

function walk(ram: Ram, given: Scenario, protection = open()): bigint | string {
  const walker = new PageWalker(ram, protection, () => {});
  const address = addressOf(given);
  const target = walker.walk(Number(address >> 32n), Number(address & 0xffff_ffffn), given.access, {
    format: given.format,
    root: base,
    isUser: given.user,
    allowsUserPages: given.sum,
    readsExecutable: given.mxr,
    updates: given.adue,
    hasMemoryTypes: given.pbmte,
  });
  if (target === translationFault.unmapped) return "page fault";
  return target === translationFault.bus ? "access fault" : BigInt(target);
}

describe("a page walk", () => {
  it("does what the manual says, to the tables too", () => {
    let translated = 0;
    fc.assert(
      fc.property(scenario, (given) => {
        const [ram, twin] = [ramOf(given), ramOf(given)];
        const system = modelSystems[given.format.name];
        if (!system) throw new RangeError(given.format.name);
        const ppn = BigInt(base / 4096);
        const expected = modelWalk(addressOf(given), given.access, modelOf(twin), {
          ...given,
          system,
          ppn,
        });
        const found = walk(ram, given);
        if (typeof found === "bigint") translated += 1;
        // Above 2^53 a number isn't exact; there is no memory there.
        if (typeof expected === "bigint" && expected >= 2n ** 53n) {
          expect(typeof found === "bigint" && found >= 2n ** 53n).toBe(true);
        } else expect(found).toBe(expected);
        expect(same(ram, twin)).toBe(true);
      }),
      { numRuns: 4000 },
    );
    expect(translated).toBeGreaterThan(400);
  });

  it("obeys memory protection where the tables are, for reading and for updating them", () => {
    const closed = new MemoryProtection(54);
    const readOnly = new MemoryProtection(54);
    readOnly.writeAddress(0, (1n << 54n) - 1n);
    readOnly.writeConfigurations(0, 1, 0x19n);
    fc.assert(
      fc.property(scenario, (given) => {
        fc.pre(!given.breaksSign);
        expect(walk(ramOf(given), given, closed)).toBe("access fault");
        const before = ramOf(given);
        const ram = ramOf(given);
        const found = walk(ram, given, readOnly);
        expect(same(ram, before)).toBe(true);
        // What would be updated is refused, all else is as ever.
        const free = walk(before, given);
        const isUpdated = !same(before, ram);
        expect(found).toBe(isUpdated ? "access fault" : free);
      }),
      { numRuns: 1500 },
    );
  });
});

function same(a: Ram, b: Ram): boolean {
  return Buffer.from(a.view.buffer).equals(Buffer.from(b.view.buffer));
}
