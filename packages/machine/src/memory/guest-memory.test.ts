import { GuestFault, PAGE_SIZE, type PageSource, Protection } from "@isovm/abi";
import { translationFault } from "@isovm/isa-spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EngineMemoryExhausted } from "./block-allocator.ts";
import { FrameAllocator } from "./frame-allocator.ts";
import { GuestMemory } from "./guest-memory.ts";
import { LinearMemory } from "./linear-memory.ts";
import type { ProcessAddressSpace } from "./process-address-space.ts";

const P = PAGE_SIZE;
const LIMIT = 2 ** 47;
const RW = Protection.read | Protection.write;
const RX = Protection.read | Protection.execute;

/** A file in memory that counts its reads. */
class FileSource implements PageSource {
  readonly name = "/file";
  readonly inode = 7;
  reads = 0;
  writes = 0;
  bytes: Uint8Array;
  write?: (offset: number, bytes: Uint8Array) => void;

  constructor(bytes: Uint8Array, writable = false) {
    this.bytes = bytes;
    if (!writable) return;
    this.write = (offset, written) => {
      this.writes++;
      this.bytes.set(written, offset);
    };
  }

  get sizeBytes(): number {
    return this.bytes.length;
  }

  read(offset: number, target: Uint8Array): void {
    this.reads++;
    target.fill(0);
    target.set(this.bytes.subarray(offset, offset + target.length));
  }
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

function faultOf(action: () => unknown): [number, string] | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof GuestFault) return [error.address, error.reason];
    throw error;
  }
  return undefined;
}

function anonymous(space: ProcessAddressSpace, start: number, length: number, shared = false) {
  space.map({ start, length, protection: RW, shared });
}

describe("private memory", () => {
  it("starts as zeros and keeps what is written, across pages", () => {
    const space = new GuestMemory().create(LIMIT);
    anonymous(space, 0xc000000000, 16 * P);
    expect(space.read(0xc000000000 + P - 4, 8)).toEqual(new Uint8Array(8));
    const bytes = pattern(3 * P + 17);
    space.write(0xc000000000 + 100, bytes);
    expect(space.read(0xc000000000 + 100, bytes.length)).toEqual(bytes);
    expect(space.residentBytes).toBe(4 * P);
  });

  it("loads and stores little-endian at any alignment", () => {
    const space = new GuestMemory().create(LIMIT);
    anonymous(space, P, 2 * P);
    for (const at of [P + 8, P + 9, 2 * P - 1, 2 * P - 3, 2 * P - 7]) {
      space.storeU64(at, 0x1_8877_6655_4433_2211n);
      expect(space.loadU64(at)).toBe(0x8877665544332211n);
      space.storeU32(at, 0xdeadbeef);
      expect(space.loadU32(at)).toBe(0xdeadbeef);
      space.storeU16(at, 0x1cafe);
      expect(space.loadU16(at)).toBe(0xcafe);
      space.storeU8(at, 0x1ff);
      expect(space.loadU8(at)).toBe(0xff);
      expect(space.loadU32(at)).toBe(0xdeadcaff);
    }
  });

  it("takes no frame for a page that was only read, nor for a huge reservation", () => {
    const memory = new GuestMemory({ limitBytes: 64 * P });
    const space = memory.create(LIMIT);
    space.map({ start: P, length: LIMIT - P, protection: Protection.none });
    expect(space.protect(P, LIMIT - P, Protection.read)).toBe(true);
    for (let page = 1; page < 1000; page++) expect(space.loadU8(page * P)).toBe(0);
    expect(memory.residentBytes).toBe(0);
    space.discard(P, LIMIT - P);
    space.unmap(P, LIMIT - P);
    expect(space.mappedBytes).toBe(0);
  });

  it("refuses a write before any byte of it is stored", () => {
    const space = new GuestMemory().create(LIMIT);
    anonymous(space, P, 2 * P);
    space.protect(2 * P, P, Protection.read);
    expect(faultOf(() => space.write(2 * P - 2, pattern(4)))).toEqual([2 * P, "protection"]);
    expect(space.read(2 * P - 2, 4)).toEqual(new Uint8Array(4));
    expect(faultOf(() => space.read(3 * P - 2, 4))).toEqual([3 * P, "unmapped"]);
    space.poke(2 * P - 2, pattern(4));
    expect(space.read(2 * P - 2, 4)).toEqual(pattern(4));
    expect(faultOf(() => space.storeU8(2 * P, 1))).toEqual([2 * P, "protection"]);
  });

  it("refuses every address outside user space", () => {
    const space = new GuestMemory().create(LIMIT);
    anonymous(space, LIMIT - P, P);
    for (const at of [-1, LIMIT, LIMIT + P, 2 ** 53, 2 ** 64, Number.NaN]) {
      expect(faultOf(() => space.loadU8(at))?.[1]).toBe("unmapped");
      expect(space.accessible(at, 10, "read")).toBe(0);
    }
    expect(space.accessible(LIMIT - 1, 2 ** 60, "read")).toBe(1);
    expect(faultOf(() => space.loadU32(LIMIT - 2))).toEqual([LIMIT, "unmapped"]);
    expect(() => space.map({ start: LIMIT - P, length: 2 * P, protection: 0 })).toThrow(/range/);
    expect(() => space.unmap(1, P)).toThrow(/range/);
    expect(() => space.unmap(0, Number.POSITIVE_INFINITY)).toThrow(/range/);
  });
});

describe("fork", () => {
  it("shares frames until one side writes", () => {
    const memory = new GuestMemory();
    const parent = memory.create(LIMIT);
    anonymous(parent, P, 4 * P);
    parent.write(P, pattern(4 * P));
    const child = parent.fork();
    expect(memory.residentBytes).toBe(4 * P);
    child.storeU8(P, 99);
    parent.storeU8(2 * P, 98);
    expect(memory.residentBytes).toBe(6 * P);
    expect(parent.loadU8(P)).toBe(pattern(1)[0]);
    expect(child.read(2 * P, P)).toEqual(pattern(2 * P).slice(P));
    child.dispose();
    expect(memory.residentBytes).toBe(4 * P);
    parent.storeU8(3 * P, 1);
    expect(memory.residentBytes).toBe(4 * P);
    parent.dispose();
    expect(memory.residentBytes).toBe(0);
  });

  it("isn't undone by changing protection, neither for copies nor for zeros", () => {
    const parent = new GuestMemory().create(LIMIT);
    anonymous(parent, P, 4 * P);
    parent.storeU8(P, 1);
    parent.loadU8(2 * P);
    const child = parent.fork();
    for (const protection of [Protection.none, RW]) child.protect(P, 4 * P, protection);
    child.storeU8(P, 2);
    child.storeU8(2 * P, 2);
    expect([P, 2 * P, 3 * P].map((at) => parent.loadU8(at))).toEqual([1, 0, 0]);
  });

  it("keeps shared anonymous memory shared", () => {
    const memory = new GuestMemory();
    const parent = memory.create(LIMIT);
    anonymous(parent, P, 4 * P, true);
    parent.storeU8(P, 1);
    const child = parent.fork();
    child.storeU8(P, 2);
    child.storeU8(2 * P, 3);
    expect([parent.loadU8(P), parent.loadU8(2 * P)]).toEqual([2, 3]);
    parent.dispose();
    expect([child.loadU8(P), child.loadU8(2 * P)]).toEqual([2, 3]);
    child.dispose();
    expect(memory.residentBytes).toBe(0);
  });
});

describe("mapped files", () => {
  it("get what is written through a mapping that was moved over another one of the same page", () => {
    const source = new FileSource(pattern(2 * P), true);
    const space = new GuestMemory().create(LIMIT);
    for (const start of [P, 4 * P]) {
      space.map({ start, length: 2 * P, protection: RW, source, shared: true });
    }
    space.storeU8(4 * P, 1);
    // The page is written back as its other mapping goes; the next store makes it dirty again.
    space.move(4 * P, P, P);
    expect(source.bytes[0]).toBe(1);
    space.storeU8(P, 2);
    space.sync(P, P);
    expect(source.bytes[0]).toBe(2);
  });

  it("don't take a private frame that two processes share for the file's own", () => {
    const memory = new GuestMemory();
    const parent = memory.create(LIMIT);
    const source = new FileSource(pattern(P));
    parent.map({ start: P, length: P, protection: RW, source });
    parent.storeU8(P, 1);
    const [first, second] = [parent.fork(), parent.fork()];
    // The parent sees the file again, so its page has two references, as the children's has.
    parent.discard(P, P);
    expect(parent.loadU8(P)).toBe(pattern(1)[0]);
    first.storeU8(P, 2);
    expect([first.loadU8(P), second.loadU8(P), parent.loadU8(P)]).toEqual([2, 1, pattern(1)[0]]);
    for (const space of [parent, first, second]) space.dispose();
    expect(memory.residentBytes).toBe(0);
  });

  it("are read once for all spaces and written privately", () => {
    const memory = new GuestMemory();
    const source = new FileSource(pattern(2 * P + 10));
    const spaces = [memory.create(LIMIT), memory.create(LIMIT)];
    for (const space of spaces) {
      space.map({ start: P, length: 4 * P, protection: RW, source });
      expect(space.read(P, 2 * P + 10)).toEqual(source.bytes);
      expect(space.read(3 * P + 10, P - 10)).toEqual(new Uint8Array(P - 10));
      expect(faultOf(() => space.loadU8(4 * P))).toEqual([4 * P, "beyondSource"]);
      expect(space.accessible(P, 4 * P, "write")).toBe(3 * P);
    }
    expect(source.reads).toBe(3);
    spaces[0]?.storeU8(P, 77);
    expect(spaces[1]?.loadU8(P)).toBe(source.bytes[0]);
    spaces[0]?.discard(P, P);
    expect(spaces[0]?.loadU8(P)).toBe(source.bytes[0]);
    for (const space of spaces) space.dispose();
    expect(memory.residentBytes).toBe(0);
  });

  it("show zeros past sourceLength", () => {
    const space = new GuestMemory().create(LIMIT);
    const source = new FileSource(pattern(8 * P));
    space.map({
      start: P,
      length: 4 * P,
      protection: RW,
      source,
      sourceOffset: P,
      sourceLength: P + 5,
    });
    const expected = new Uint8Array(4 * P);
    expected.set(source.bytes.subarray(P, 2 * P + 5));
    expect(space.read(P, 4 * P)).toEqual(expected);
    space.protect(3 * P, P, Protection.read);
    space.unmap(P, P);
    expect(space.read(2 * P, 3 * P)).toEqual(expected.subarray(P));
  });

  it("when shared, reach each other and, on sync and unmap, the source", () => {
    const memory = new GuestMemory();
    const source = new FileSource(pattern(P + 10), true);
    const [a, b] = [memory.create(LIMIT), memory.create(LIMIT)];
    a.map({ start: P, length: 2 * P, protection: RW, source, shared: true });
    b.map({ start: 9 * P, length: P, protection: RW, source, sourceOffset: P, shared: true });
    b.storeU8(9 * P + 3, 200);
    expect(a.loadU8(2 * P + 3)).toBe(200);
    expect(source.bytes[P + 3]).not.toBe(200);
    a.sync(P, 2 * P);
    expect(source.bytes[P + 3]).toBe(200);
    expect(source.bytes.length).toBe(P + 10);
    a.sync(P, 2 * P);
    expect(source.writes).toBe(1);
    b.storeU8(9 * P + 4, 201);
    memory.syncSource(source);
    expect(source.bytes[P + 4]).toBe(201);
    b.storeU8(9 * P + 5, 202);
    b.unmap(9 * P, P);
    expect(source.bytes[P + 5]).toBe(202);
    a.storeU8(P, 203);
    a.dispose();
    expect(source.bytes[0]).toBe(203);
    b.dispose();
    expect(memory.residentBytes).toBe(0);
  });

  it("stay in step with the file after a write that was refused", () => {
    const space = new GuestMemory().create(LIMIT);
    const source = new FileSource(pattern(P), true);
    space.map({ start: P, length: P, protection: RW, source, shared: true });
    space.map({ start: 2 * P, length: P, protection: RW, source });
    expect(faultOf(() => space.write(2 * P, pattern(P + 1)))).toEqual([3 * P, "unmapped"]);
    space.storeU8(P, 99);
    expect(space.loadU8(2 * P)).toBe(99);
  });

  it("follow writes and truncation of the file", () => {
    const memory = new GuestMemory();
    const source = new FileSource(pattern(3 * P), true);
    const space = memory.create(LIMIT);
    space.map({ start: P, length: 3 * P, protection: RW, source, shared: true });
    space.map({ start: 9 * P, length: 3 * P, protection: RW, source });
    expect(space.read(P, 3 * P)).toEqual(space.read(9 * P, 3 * P));
    space.storeU8(P, 250);
    space.storeU8(11 * P, 1);
    source.bytes.set([1, 2, 3], 10);
    memory.invalidate(source, 10, 3);
    expect([...space.read(P + 10, 3), space.loadU8(P)]).toEqual([1, 2, 3, 250]);
    expect([...space.read(9 * P + 10, 3)]).toEqual([1, 2, 3]);
    source.bytes = source.bytes.slice(0, P + 1);
    memory.invalidate(source, P + 1, 2 * P - 1);
    expect(space.loadU8(2 * P + 1)).toBe(0);
    for (const at of [3 * P, 11 * P]) {
      expect(faultOf(() => space.loadU8(at))).toEqual([at, "beyondSource"]);
    }
    space.dispose();
    expect(memory.residentBytes).toBe(0);
  });
});

describe("limits", () => {
  it("report exhaustion as a fault, leave what was there, and recover", () => {
    const memory = new GuestMemory({ limitBytes: 16 * P });
    const space = memory.create(LIMIT);
    anonymous(space, P, 100 * P);
    let page = 1;
    while (!faultOf(() => space.storeU8(page * P, page))) page++;
    expect(page).toBe(16);
    expect(faultOf(() => space.storeU8(page * P, 1))).toEqual([page * P, "outOfMemory"]);
    memory.engine.switchTo(space);
    expect(memory.engine.translate(BigInt(page * P), "write")).toBe(translationFault.memory);
    expect(space.faultReason(page * P, "write")).toBe("outOfMemory");
    expect(faultOf(() => space.write(15 * P, pattern(2 * P)))?.[1]).toBe("outOfMemory");
    expect(space.loadU8(15 * P)).toBe(15);
    expect(faultOf(() => space.fork())?.[1]).toBe("outOfMemory");
    space.discard(P, P);
    space.storeU8(page * P, 1);
    space.dispose();
    expect(memory.residentBytes).toBe(0);
  });

  it("count page tables, so that sparse reads don't exhaust the host", () => {
    const memory = new GuestMemory({ limitBytes: 16 * P });
    const space = memory.create(LIMIT);
    space.map({ start: 0, length: LIMIT, protection: Protection.read });
    const touch = () => {
      for (let at = 0; at < LIMIT; at += 2 ** 30) space.loadU8(at);
    };
    expect(faultOf(touch)).toEqual([16 * 2 ** 30, "outOfMemory"]);
  });

  it("drop unused pages of files first", () => {
    const memory = new GuestMemory({ limitBytes: 16 * P });
    const space = memory.create(LIMIT);
    const source = new FileSource(pattern(100 * P));
    space.map({ start: 0, length: 100 * P, protection: Protection.read, source });
    for (let page = 0; page < 100; page++) {
      expect(space.loadU8(page * P + 1)).toBe(source.bytes[page * P + 1]);
      space.discard(page * P, P);
    }
  });

  it("keep pages of files that are dirty or mapped", () => {
    const memory = new GuestMemory({ limitBytes: 16 * P });
    const space = memory.create(LIMIT);
    const source = new FileSource(pattern(2 * P), true);
    space.map({ start: 0, length: 2 * P, protection: RW, source, shared: true });
    space.map({ start: 2 * P, length: 2 * P, protection: RW, source, shared: true });
    space.storeU8(0, 201);
    space.discard(0, P);
    expect(space.loadU8(P)).toBe(source.bytes[P]);
    anonymous(space, 10 * P, 100 * P);
    expect(faultOf(() => space.write(10 * P, new Uint8Array(100 * P)))?.[1]).toBe("outOfMemory");
    space.unmap(10 * P, 100 * P);
    expect(space.loadU8(0)).toBe(201);
    space.storeU8(P, 202);
    expect(space.loadU8(3 * P)).toBe(202);
  });

  it("come back in full, however often pages and page tables are given back", () => {
    const memory = new GuestMemory({ limitBytes: 16 * P, engineLimitBytes: 0 });
    const space = memory.create(LIMIT);
    for (let round = 0; round < 10; round++) {
      space.map({ start: 0, length: 2 ** 40, protection: RW });
      const at = (index: number) => index * 2 ** 30 + round * 2 ** 22;
      for (let index = 0; index < 8; index++) space.storeU8(at(index), 1);
      expect(faultOf(() => space.storeU8(at(8), 1))?.[1]).toBe("outOfMemory");
      if (round % 2 === 0) space.discard(0, 2 ** 40);
      else space.unmap(0, 2 ** 40);
    }
  });

  it("bound the number of regions", () => {
    const space = new GuestMemory().create(LIMIT);
    space.map({ start: 0, length: 2 ** 30, protection: RW });
    const split = () => {
      for (let page = 0; page < 100_000; page += 2) space.protect(page * P, P, Protection.read);
    };
    expect(faultOf(split)?.[1]).toBe("outOfMemory");
    space.dispose();
  });
});

describe("moving", () => {
  it("takes contents, rights and sources along", () => {
    const memory = new GuestMemory();
    const space = memory.create(LIMIT);
    const source = new FileSource(pattern(4 * P));
    anonymous(space, P, 2 * P);
    space.map({ start: 3 * P, length: P, protection: RX, source, sourceOffset: 2 * P });
    space.write(P, pattern(2 * P));
    anonymous(space, 0x7f_0000_0000, 10 * P);
    space.move(P, 0x7f_0000_0000, 3 * P);
    expect(space.read(0x7f_0000_0000, 2 * P)).toEqual(pattern(2 * P));
    expect(space.read(0x7f_0000_0000 + 2 * P, P)).toEqual(source.bytes.slice(2 * P, 3 * P));
    expect(space.regionAt(0x7f_0000_0000 + 2 * P)?.sourceOffset).toBe(2 * P);
    expect(space.regionAt(P)).toBeUndefined();
    space.dispose();
    expect(memory.residentBytes).toBe(0);
  });
});

describe("findFree", () => {
  it("finds the highest gap, aligned, within bounds", () => {
    const space = new GuestMemory().create(LIMIT);
    const options = { lowest: P, highest: 100 * P };
    expect(space.findFree(P, options)).toBe(99 * P);
    anonymous(space, 90 * P, 10 * P);
    expect(space.findFree(P, options)).toBe(89 * P);
    anonymous(space, 80 * P, 9 * P);
    expect(space.findFree(P, options)).toBe(89 * P);
    expect(space.findFree(2 * P, options)).toBe(78 * P);
    expect(space.findFree(P, { ...options, alignment: 64 * P })).toBe(64 * P);
    expect(space.findFree(79 * P, options)).toBe(P);
    expect(space.findFree(80 * P, options)).toBeUndefined();
    expect(space.findFree(2 ** 60, options)).toBeUndefined();
    anonymous(space, 0, 200 * P);
    expect(space.findFree(P, options)).toBeUndefined();
  });
});

describe("colours", () => {
  it("place pages where their number says, if that is free", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 50 }), (numbers) => {
        const memory = new GuestMemory();
        const { engine } = memory;
        const { start, pages } = engine.window;
        engine.useWindow();
        const window = pages * 4096;
        const place = (space: ProcessAddressSpace, address: number): number => {
          engine.switchTo(space);
          return engine.translate(BigInt(address), "write") - start - (address % window);
        };
        const space = memory.create(LIMIT);
        const taken = new Set<number>();
        for (const page of new Set(numbers.map((number) => number * 4096))) {
          anonymous(space, page, 4096);
          const isFree = !taken.has(page % window);
          taken.add(page % window);
          expect(place(space, page) === 0).toBe(isFree);
          expect(space.loadU32(page)).toBe(0);
          space.storeU32(page, page / 4096);
        }
        const copy = space.fork();
        for (const page of new Set(numbers.map((number) => number * 4096))) {
          copy.storeU32(page, 1);
          expect(space.loadU32(page)).toBe(page / 4096);
        }
        copy.dispose();
        space.dispose();
        expect(memory.residentBytes).toBe(0);
      }),
    );
  });

  it("stay with a page of a file that is read first and written then", () => {
    const memory = new GuestMemory();
    const { engine } = memory;
    engine.useWindow();
    const source = new FileSource(pattern(3 * P), true);
    const space = memory.create(LIMIT);
    space.map({ start: P, length: 3 * P, protection: RW, source });
    const other = memory.create(LIMIT);
    other.map({ start: P, length: P, protection: Protection.read, source });
    other.map({
      start: 9 * P,
      length: P,
      protection: RW,
      source,
      sourceOffset: 2 * P,
      shared: true,
    });
    expect(space.read(P, 3 * P)).toEqual(source.bytes);
    expect(other.read(P, P)).toEqual(source.bytes.subarray(0, P));
    other.storeU8(9 * P, 99);
    engine.switchTo(space);
    const place = (address: number): number =>
      engine.translate(BigInt(address), "read") - engine.window.start;
    for (let address = P; address < 4 * P; address += P) space.storeU8(address + 1, 77);
    // Somebody else's pages and those that a file has to be given are not its own.
    expect(place(P)).not.toBe(P);
    expect(place(2 * P)).toBe(2 * P);
    expect(place(3 * P)).not.toBe(3 * P);
    expect(source.bytes).toEqual(pattern(3 * P));
    expect(other.loadU8(P + 1)).toBe(source.bytes[1]);
    expect(other.loadU8(9 * P)).toBe(99);
    space.discard(2 * P, P);
    expect(space.loadU8(2 * P + 1)).toBe(source.bytes[P + 1]);
    space.dispose();
    other.dispose();
    expect(source.bytes[2 * P]).toBe(99);
    expect(memory.residentBytes).toBe(0);
  });

  it("are taken up by pages that there are, with what they hold", () => {
    const memory = new GuestMemory();
    const { engine } = memory;
    const space = memory.create(LIMIT);
    const addresses = [0x1000, 0x2000, 0x10002000, 0x7fff_0000];
    for (const address of addresses) {
      anonymous(space, address, 4096);
      space.storeU32(address, address);
    }
    const other = space.fork();
    other.storeU32(0x1000, 1);
    engine.switchTo(space);
    const changed: number[] = [];
    engine.attach({
      codeWritten: () => {},
      mappingChanged: (page) => {
        if (page !== undefined) changed.push(page);
      },
    });
    const { start } = engine.window;
    expect(engine.useWindow()).toBe(true);
    expect(changed.length).toBeGreaterThan(0);
    for (const address of addresses) expect(space.loadU32(address)).toBe(address);
    expect(other.loadU32(0x1000)).toBe(1);
    // A page of its own moves; those that are shared stay.
    expect(engine.translate(0x1000n, "read")).toBe(start + 0x1000);
    expect(engine.translate(0x2000n, "read")).toBeLessThan(start);
    other.dispose();
    space.dispose();
    expect(memory.residentBytes).toBe(0);
  });

  it("are given to any page when there is no other frame left", () => {
    const linear = new LinearMemory(2 ** 20);
    const frames = new FrameAllocator(linear, 1000);
    frames.useWindow({ start: 2 ** 19, pages: 64 });
    expect(frames.allocate(64 + 5)).toBe(2 ** 19 + 5 * 4096);
    const others: number[] = [];
    for (let frame = frames.allocate(); frame >= 0; frame = frames.allocate()) others.push(frame);
    // Without the null page, the page of zeros and the one given before.
    expect(new Set(others).size).toBe(2 ** 8 - 3);
    for (const frame of others) frames.release(frame);
    expect(frames.allocate(6)).toBe(2 ** 19 + 6 * 4096);
  });
});

describe("the engines' view", () => {
  function listening() {
    const memory = new GuestMemory();
    const space = memory.create(LIMIT);
    const events: string[] = [];
    memory.engine.attach({
      codeWritten: (frame, start, end) => events.push(`code ${frame} ${start}-${end}`),
      mappingChanged: (start, count) => events.push(`mapping ${start ?? "all"} ${count ?? ""}`),
    });
    anonymous(space, P, 8 * P);
    memory.engine.switchTo(space);
    events.length = 0;
    return { memory, space, events, engine: memory.engine };
  }

  it("reports each translation that went stale, and no other", () => {
    const { memory, space, events, engine } = listening();
    expect(engine.translate(4096n, "fetch")).toBe(translationFault.permission);
    expect(engine.translate(0n, "read")).toBe(translationFault.unmapped);
    expect(engine.translate(-1n, "read")).toBe(translationFault.unmapped);
    expect(engine.translate(2n ** 64n - 1n, "read")).toBe(translationFault.unmapped);
    expect(events).toEqual([]);
    const zeros = engine.translate(4096n, "read");
    const written = engine.translate(4096n, "write");
    expect(written).not.toBe(zeros);
    expect(events.splice(0)).toEqual(["mapping 1 1"]);
    expect(engine.translate(4096n, "read")).toBe(written);
    space.protect(P, 8 * P, Protection.read | Protection.write | Protection.execute);
    space.unmap(5 * P, 4 * P);
    expect(events).toEqual([]);
    space.protect(P, P, Protection.read);
    expect(events.splice(0)).toEqual(["mapping 1 1"]);
    const other = memory.create(LIMIT);
    anonymous(other, P, P);
    other.storeU8(P, 1);
    other.dispose();
    expect(events).toEqual([]);
    engine.switchTo(undefined);
    expect(events.splice(0)).toEqual(["mapping all "]);
    expect(engine.translate(4096n, "read")).toBe(translationFault.unmapped);
  });

  it("reports code that the host writes or that goes away", () => {
    const { memory, space, events, engine } = listening();
    space.storeU8(P, 1);
    const frame = engine.translate(4096n, "read");
    space.storeU8(P + 1, 1);
    engine.markCode(frame);
    expect(events).toEqual([]);
    space.storeU32(P + 8, 1);
    space.write(P + 4094, pattern(4));
    expect(events.splice(0)).toEqual([`code ${frame} 8-12`, `code ${frame} 4094-4096`]);
    const next = engine.translate(8192n, "write");
    expect(next).toBe(frame + P);
    engine.markCode(next);
    space.write(P + 4000, pattern(200));
    expect(events.splice(0)).toEqual([`code ${frame} 4000-4096`, `code ${next} 0-104`]);
    const source = new FileSource(pattern(P), true);
    space.map({ start: 20 * P, length: P, protection: RX, source });
    const shared = engine.translate(BigInt(20 * P), "fetch");
    engine.markCode(shared);
    memory.invalidate(source, 6, 2);
    expect(events.splice(0)).toEqual([`code ${shared} 6-8`]);
    space.unmap(P, P);
    expect(events.splice(0)).toContain(`code ${frame} 0-4096`);
    expect(engine.isCode(frame)).toBe(false);
  });

  it("holds engines' tables beside the frames", () => {
    const { space, engine } = listening();
    const blocks = [1, 16, 100, 2048, 2049, 100_000, 5_000_000].map((size) => {
      const offset = engine.allocate(size);
      const block = new Uint8Array(engine.memory.buffer, offset, size);
      expect(block.every((byte) => byte === 0)).toBe(true);
      block.fill(0xff);
      return offset;
    });
    expect(new Set(blocks).size).toBe(blocks.length);
    space.write(P, new Uint8Array(8 * P));
    expect(space.read(P, 8 * P)).toEqual(new Uint8Array(8 * P));
    expect(engine.allocate(64, 65536) % 65536).toBe(0);
    for (const offset of blocks) engine.release(offset);
    expect(() => engine.release(blocks[0] ?? 0)).toThrow(/no block/);
    const again = engine.allocate(100_000);
    expect(again).toBe(blocks[5]);
    const small = engine.allocate(100);
    expect(blocks).toContain(small);
    for (const [offset, size] of [
      [again, 100_000],
      [small, 100],
    ] as const) {
      const block = new Uint8Array(engine.memory.buffer, offset, size);
      expect(block.every((byte) => byte === 0)).toBe(true);
    }
    expect(() => engine.allocate(2 ** 33)).toThrow(EngineMemoryExhausted);
    expect(() => engine.allocate(-1)).toThrow(/not a block/);
  });

  it("reuses blocks of any size when linear memory is full, up to its last byte", () => {
    const memory = new GuestMemory({ limitBytes: 2 ** 20, engineLimitBytes: 2 ** 32 });
    const { engine } = memory;
    const big = Array.from({ length: 15 }, () => engine.allocate(2 ** 28));
    expect(Math.max(...big)).toBeGreaterThan(2 ** 31);
    expect(() => engine.allocate(2 ** 28)).toThrow(EngineMemoryExhausted);
    for (const offset of big.slice(4, 6)) {
      new Uint8Array(engine.memory.buffer)[offset] = 1;
      engine.release(offset);
    }
    const joined = engine.allocate(2 ** 29 - 4096);
    expect(joined).toBe(big[4]);
    expect(new Uint8Array(engine.memory.buffer)[joined]).toBe(0);
    const space = memory.create(LIMIT);
    anonymous(space, 0, 2 ** 20);
    while (!faultOf(() => space.storeU8(space.residentBytes, 1))) {}
    space.storeU32(0, 0xfeedface);
    expect(space.loadU32(0)).toBe(0xfeedface);
    space.dispose();
    expect(memory.residentBytes).toBe(0);
  });
});
