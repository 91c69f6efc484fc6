import { type ByteSource, byteSource } from "@isovm/abi";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteSourceError } from "./absent-pages.ts";
import { SystemMemory } from "./system-memory.ts";

const pageBytes = 4096;
const pageCount = 12;
const base = 0x8000_0000;

/** Distinct bytes for a header of a page, and the pages behind it. */
const file = Uint8Array.from(
  { length: (pageCount + 1) * pageBytes },
  (_, index) => index * 7 + Math.floor(index / 251),
);

function memory(): SystemMemory {
  const made = new SystemMemory(base, pageCount * pageBytes, {
    read: () => undefined,
    write: () => false,
  });
  made.select("", (address) => Number(address));
  return made;
}

/** Counts the bytes that are read. */
function counted(bytes: Uint8Array): ByteSource & { readBytes: number } {
  const whole = byteSource(bytes);
  return {
    sizeBytes: bytes.length,
    readBytes: 0,
    read(offset, target) {
      // As files do, some calls give less than was asked for.
      const part = target.subarray(0, Math.min(target.length, 3000));
      this.readBytes += part.length;
      return whole.read(offset, part);
    },
  };
}

/** Whoever touches a byte of RAM. */
const touches: readonly ((memory: SystemMemory, address: number) => number | undefined)[] = [
  (m, address) => m.read(address, 1)?.[0],
  (m, address) => m.load32(address - (address % 4)) >>> (8 * (address % 4)),
  (m, address) => {
    const frame = m.translate(BigInt(address), "read");
    return new Uint8Array(m.memory.buffer)[frame + (address % pageBytes)];
  },
  (m, address) => {
    const whole = address - (address % 4);
    const word = m.load32(whole);
    m.store32(whole, word);
    return m.read(address, 1)?.[0];
  },
  (m, address) => m.ram[address - base],
];

/** Some pages of RAM, at shuffled places of the file. */
const layouts = fc
  .uniqueArray(fc.nat({ max: pageCount - 1 }), { minLength: 1 })
  .map((pages) => pages.map((page, index) => [page, (index + 1) * pageBytes] as const));

function expected(pages: readonly (readonly [number, number])[]): Uint8Array {
  const ram = new Uint8Array(pageCount * pageBytes);
  for (const [page, offset] of pages) {
    ram.set(file.subarray(offset, offset + pageBytes), page * pageBytes);
  }
  return ram;
}

it("are there for whoever touches them, and stay as they were changed", () => {
  const place = fc.nat({ max: pageCount * pageBytes - 1 });
  const steps = fc.array(fc.tuple(place, fc.nat({ max: touches.length })), { maxLength: 12 });
  fc.assert(
    fc.property(layouts, steps, fc.boolean(), (pages, list, isUsed) => {
      const model = expected(pages);
      const m = memory();
      if (isUsed) m.write(base + 100, new Uint8Array(2 * pageBytes).fill(0xee));
      m.replace(counted(file), pages);
      for (const [at, kind] of list) {
        const touch = touches[kind];
        if (touch) expect((touch(m, base + at) ?? -1) & 0xff).toBe(model[at]);
        else {
          m.write(base + at, Uint8Array.of(at & 0xff));
          model[at] = at & 0xff;
        }
      }
      expect(Buffer.from(m.ram).equals(Buffer.from(model))).toBe(true);
    }),
  );
});

it("are read once, when they are needed or the host has time", () => {
  const source = counted(file);
  const m = memory();
  const pages = [0, 1, 2, 3, 4, 5, 9].map(
    (page, index) => [page, (index + 1) * pageBytes] as const,
  );
  m.replace(source, pages);
  expect(source.readBytes).toBe(0);
  m.load32(base + 9 * pageBytes);
  expect(source.readBytes).toBe(pageBytes);
  m.load32(base + 9 * pageBytes);
  expect(source.readBytes).toBe(pageBytes);
  // Pages that follow each other come together.
  m.load32(base);
  expect(source.readBytes).toBe(5 * pageBytes);
  expect(m.loadAbsent(1)).toBe(true);
  expect(m.loadAbsent()).toBe(true);
  expect(source.readBytes).toBe(7 * pageBytes);
});

it("that can't be read are an error, not zeros", () => {
  const m = memory();
  m.replace(byteSource(file.subarray(0, pageBytes + 10)), [[3, pageBytes]]);
  expect(() => m.translate(BigInt(base + 3 * pageBytes), "read")).toThrow(ByteSourceError);
  expect(() => m.ram).toThrow("ends early");
  expect(m.load32(base)).toBe(0);
});

it("are no more after RAM was replaced again", () => {
  const m = memory();
  m.replace(counted(file), [
    [1, pageBytes],
    [7, 2 * pageBytes],
  ]);
  expect(m.loadAbsent(1)).toBe(false);
  expect(m.loadAbsent()).toBe(true);
  const second = counted(file);
  m.replace(second, [[2, pageBytes]]);
  expect(m.load32(base + pageBytes)).toBe(0);
  expect(second.readBytes).toBe(0);
  expect(m.loadAbsent()).toBe(true);
  expect(m.read(base + 2 * pageBytes, 4)).toEqual(file.slice(pageBytes, pageBytes + 4));
});

it("RAM is filled from a source, or not at all", () => {
  const m = memory();
  expect(m.fill(base + 5, counted(file.subarray(0, 9000)))).toBe(true);
  expect(m.read(base + 5, 9000)).toEqual(file.slice(0, 9000));
  expect(m.fill(base + 1, counted(file))).toBe(false);
  expect(m.fill(base - 1, counted(file.subarray(0, 4)))).toBe(false);
});
