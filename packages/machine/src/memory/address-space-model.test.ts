/** Random operations on forked address spaces and an engine with a TLB, against a naive model. */
import { GuestFault, PAGE_SIZE, type PageSource, Protection } from "@isovm/abi";
import type { AccessKind } from "@isovm/isa-spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANY, ModelSpace, protections, type SharedCell } from "./address-space-model.ts";
import { GuestMemory } from "./guest-memory.ts";
import type { ProcessAddressSpace } from "./process-address-space.ts";

/** Pages on both sides of a boundary between two chunks of the page table, above 4 GiB. */
const BASE = 1024 * 3_145_728 - 3;
const PAGES = 7;
const FILE_PAGES = 4;
const LIMIT = 2 ** 47;

const page = fc.integer({ min: 0, max: PAGES - 1 });
const count = fc.integer({ min: 1, max: 5 });
const range = { page, count };
const bytes = {
  offset: fc.oneof(fc.constantFrom(0, 1, PAGE_SIZE - 1, PAGE_SIZE - 3), fc.nat(PAGE_SIZE - 1)),
  length: fc.oneof(fc.nat(16), fc.nat(2 * PAGE_SIZE)),
  value: fc.integer({ min: 1, max: 255 }),
  page,
};
type Backing = "private" | "shared" | "file" | "sharedFile";
const backing = fc.constantFrom<Backing>("private", "shared", "file", "sharedFile");
const op = fc.oneof(
  fc.record({
    kind: fc.constant("map"),
    ...range,
    protection: fc.oneof({ weight: 2, arbitrary: fc.constant(7) }, fc.constantFrom(...protections)),
    backing,
    filePage: fc.nat(FILE_PAGES),
  }),
  fc.record({ kind: fc.constant("unmap"), page, count: fc.constant(1) }),
  fc.record({
    kind: fc.constant("protect"),
    ...range,
    protection: fc.constantFrom(...protections),
  }),
  fc.record({ kind: fc.constant("discard"), ...range }),
  fc.record({ kind: fc.constant("sync"), ...range }),
  fc.record({ kind: fc.constant("move"), ...range, to: page }),
  fc.record({ kind: fc.constantFrom("fork", "dispose", "syncSource", "switch") }),
  fc.record({ kind: fc.constantFrom("write", "poke", "read"), ...bytes }),
  fc.record({ kind: fc.constantFrom("write", "read"), ...bytes }),
  fc.record({ kind: fc.constantFrom("engineRead", "engineWrite", "engineFetch"), ...bytes }),
  fc.record({ kind: fc.constantFrom("engineRead", "engineWrite", "engineFetch"), ...bytes }),
  fc.record({ kind: fc.constant("findFree"), count }),
);
type Op = typeof op extends fc.Arbitrary<infer T> ? T : never;
/** Mostly the first space, in which the engine mostly executes. */
const step = fc.record({ space: fc.oneof(fc.constant(0), fc.nat(3)), op });

/** An engine that trusts its TLB and its predecoded code until it is told otherwise. */
class TrustingEngine {
  readonly memory: GuestMemory;
  readonly tlb: Map<string, number> = new Map();
  readonly code: Map<number, Uint8Array> = new Map();

  constructor(memory: GuestMemory) {
    this.memory = memory;
    memory.engine.attach({
      codeWritten: (frame, start, end) => {
        expect(start).toBeLessThan(end);
        this.code.delete(frame);
      },
      mappingChanged: (start, pageCount) => {
        if (start === undefined || pageCount === undefined) {
          this.tlb.clear();
          return;
        }
        for (const key of this.tlb.keys()) {
          const number = Number(key.split(" ")[0]);
          if (number >= start && number < start + pageCount) this.tlb.delete(key);
        }
      },
    });
  }

  frame(address: number, access: AccessKind): number {
    const key = `${Math.floor(address / PAGE_SIZE)} ${access}`;
    const cached = this.tlb.get(key);
    if (cached !== undefined) return cached;
    const frame = this.memory.engine.translate(BigInt(address), access);
    if (frame >= 0) this.tlb.set(key, frame);
    return frame;
  }

  bytes(frame: number): Uint8Array {
    return new Uint8Array(this.memory.engine.memory.buffer, frame, PAGE_SIZE);
  }

  store(frame: number, offset: number, value: number): void {
    this.bytes(frame)[offset] = value;
    if (this.memory.engine.isCode(frame)) this.code.delete(frame);
  }

  predecoded(frame: number): Uint8Array {
    let code = this.code.get(frame);
    if (code === undefined) {
      code = this.bytes(frame).slice();
      this.code.set(frame, code);
      this.memory.engine.markCode(frame);
    }
    return code;
  }
}

class Run {
  readonly memory: GuestMemory;
  readonly engine: TrustingEngine;
  readonly spaces: { real: ProcessAddressSpace; model: ModelSpace }[] = [];
  readonly file: SharedCell[];
  readonly fileBytes: Uint8Array;
  readonly source: PageSource;
  current = 0;

  constructor(backing: Backing, limitBytes?: number) {
    this.memory = new GuestMemory({ limitBytes });
    this.engine = new TrustingEngine(this.memory);
    this.fileBytes = Uint8Array.from({ length: FILE_PAGES * PAGE_SIZE }, (_, index) => index % 251);
    const stored = this.fileBytes;
    this.source = {
      name: "/f",
      inode: 1,
      sizeBytes: stored.length,
      read: (offset, target) => target.set(stored.subarray(offset, offset + target.length)),
      write: (offset, written) => stored.set(written, offset),
    };
    this.file = Array.from({ length: FILE_PAGES }, (_, index) => ({
      bytes: stored.slice(index * PAGE_SIZE, (index + 1) * PAGE_SIZE),
      beyondSource: false,
    }));
    this.spaces.push({ real: this.memory.create(LIMIT), model: new ModelSpace() });
    this.memory.engine.switchTo(this.spaces[0]?.real);
    const everything = { kind: "map", page: 0, count: PAGES, protection: 7, filePage: 0 } as const;
    this.apply(0, { ...everything, backing });
  }

  /** Applies one operation to both; false if the memory limit forbade it. */
  apply(which: number, operation: Op): boolean {
    const index = which % this.spaces.length;
    const { real, model } = this.spaces[index] as (typeof this.spaces)[number];
    const { kind } = operation;
    if (!("page" in operation || "count" in operation)) return this.applyToSpace(kind, index);
    if (operation.kind === "findFree") {
      const found = real.findFree(operation.count * PAGE_SIZE, {
        lowest: BASE * PAGE_SIZE,
        highest: (BASE + PAGES) * PAGE_SIZE,
      });
      const expected = model.findFree(operation.count, BASE, BASE + PAGES);
      expect(found).toBe(expected === undefined ? undefined : expected * PAGE_SIZE);
      return true;
    }
    if ("offset" in operation) return this.access(real, model, operation);
    const first = BASE + operation.page;
    const pages = Math.min(operation.count, PAGES - operation.page);
    const start = first * PAGE_SIZE;
    const length = pages * PAGE_SIZE;
    if (kind === "map" && "backing" in operation) {
      this.map(real, model, first, pages, operation);
    } else if (kind === "protect" && "protection" in operation) {
      const done = real.protect(start, length, operation.protection);
      expect(done).toBe(model.protect(first, pages, operation.protection));
    } else if (kind === "move" && "to" in operation) {
      const to = BASE + Math.min(operation.to, PAGES - pages);
      real.move(start, to * PAGE_SIZE, length);
      model.move(first, to, pages);
    } else if (kind === "unmap") {
      real.unmap(start, length);
      for (let at = first; at < first + pages; at++) model.pages.delete(at);
    } else if (kind === "discard") {
      real.discard(start, length);
      model.discard(first, pages);
    } else real.sync(start, length);
    return true;
  }

  applyToSpace(kind: string, index: number): boolean {
    const space = this.spaces[index] as (typeof this.spaces)[number];
    if (kind === "fork" && this.spaces.length < 4) {
      const real = attempt(() => space.real.fork());
      if (real === "outOfMemory" || real instanceof GuestFault) return false;
      this.spaces.push({ real, model: space.model.fork() });
    } else if (kind === "dispose" && this.spaces.length > 1) {
      space.real.dispose();
      this.spaces.splice(index, 1);
      this.current = 0;
      this.memory.engine.switchTo(this.spaces[0]?.real);
    } else if (kind === "syncSource") {
      this.memory.syncSource(this.source);
      for (const [number, cell] of this.file.entries()) {
        expectSame(
          this.fileBytes.subarray(number * PAGE_SIZE, (number + 1) * PAGE_SIZE),
          cell.bytes,
        );
      }
    } else if (kind === "switch") {
      this.current = index;
      this.memory.engine.switchTo(space.real);
    }
    return true;
  }

  map(
    real: ProcessAddressSpace,
    model: ModelSpace,
    first: number,
    pages: number,
    operation: { protection: number; backing: string; filePage: number },
  ): void {
    const { protection, backing, filePage } = operation;
    const isFile = backing === "file" || backing === "sharedFile";
    const shared = backing === "shared" || backing === "sharedFile";
    real.map({
      start: first * PAGE_SIZE,
      length: pages * PAGE_SIZE,
      protection,
      shared,
      ...(isFile ? { source: this.source, sourceOffset: filePage * PAGE_SIZE } : {}),
    });
    for (let index = 0; index < pages; index++) {
      const fresh = (beyondSource: boolean) => ({ bytes: new Uint8Array(PAGE_SIZE), beyondSource });
      const cell = isFile
        ? (this.file[filePage + index] ?? fresh(true))
        : shared
          ? fresh(false)
          : undefined;
      model.pages.set(first + index, { protection, shared, cell, own: undefined });
    }
  }

  access(
    real: ProcessAddressSpace,
    model: ModelSpace,
    operation: { kind: string; page: number; offset: number; length: number; value: number },
  ): boolean {
    const { kind, offset, length, value } = operation;
    const address = (BASE + operation.page) * PAGE_SIZE + offset;
    if (kind.startsWith("engine")) return this.engineAccess(kind, address, value);
    const right = kind === "read" ? Protection.read : kind === "write" ? Protection.write : ANY;
    const fault = model.fault(address, length, right);
    if (right !== ANY) {
      const expected = fault === undefined ? length : fault[0] - address;
      expect(real.accessible(address, length, kind === "read" ? "read" : "write")).toBe(expected);
    }
    const data = Uint8Array.from({ length }, (_, index) => (value + index) & 0xff);
    const result = attempt(() => {
      if (kind === "read") return real.read(address, length);
      if (kind === "write") real.write(address, data);
      else real.poke(address, data);
      return data;
    });
    if (result === "outOfMemory") {
      // Which pages were made private before is unspecified: back to a state that both know.
      const first = Math.floor(address / PAGE_SIZE);
      const pages = Math.ceil((address + length) / PAGE_SIZE) - first;
      real.discard(first * PAGE_SIZE, pages * PAGE_SIZE);
      model.discard(first, pages);
      return false;
    }
    if (result instanceof GuestFault) expect([result.address, result.reason]).toEqual(fault);
    else {
      expect(fault).toBeUndefined();
      if (kind === "read") expectSame(result, model.read(address, length));
      else model.write(address, data);
    }
    return true;
  }

  engineAccess(kind: string, address: number, value: number): boolean {
    const { real, model } = this.spaces[this.current] as (typeof this.spaces)[number];
    const access = kind === "engineRead" ? "read" : kind === "engineWrite" ? "write" : "fetch";
    const frame = this.engine.frame(address, access);
    const right = { read: Protection.read, write: Protection.write, fetch: Protection.execute };
    const fault = model.fault(address, 1, right[access]);
    if (frame < 0) {
      if (real.faultReason(address, access === "fetch" ? "execute" : access) === "outOfMemory") {
        return false;
      }
      const reasons = { unmapped: -1, protection: -2, beyondSource: -3, outOfMemory: -4 };
      expect(fault && reasons[fault[1]]).toBe(frame);
      return true;
    }
    expect(fault).toBeUndefined();
    const offset = address % PAGE_SIZE;
    if (access === "write") {
      this.engine.store(frame, offset, value);
      model.write(address, Uint8Array.of(value));
    } else {
      const seen = access === "read" ? this.engine.bytes(frame) : this.engine.predecoded(frame);
      expectSame(seen, model.content(Math.floor(address / PAGE_SIZE)));
    }
    return true;
  }

  /** Compares everything, then gives everything back. */
  finish(): void {
    for (const { real, model } of this.spaces) {
      expect(real.mappedBytes).toBe(model.pages.size * PAGE_SIZE);
      const seen = new Map<number, [number, boolean]>();
      let end = 0;
      for (const region of real.regions()) {
        expect(region.start).toBeGreaterThanOrEqual(end);
        end = region.end;
        for (let at = region.start; at < end; at += PAGE_SIZE) {
          seen.set(at, [region.protection, region.shared]);
        }
      }
      for (const [number, { protection, shared }] of model.pages) {
        expect(seen.get(number * PAGE_SIZE)).toEqual([protection, shared]);
        if (model.fault(number * PAGE_SIZE, 1, Protection.read)) continue;
        const content = attempt(() => real.read(number * PAGE_SIZE, PAGE_SIZE));
        if (content instanceof Uint8Array) expectSame(content, model.content(number));
        else expect(content).toBe("outOfMemory");
      }
      real.dispose();
    }
    expect(this.memory.residentBytes).toBe(0);
    for (const frame of this.engine.code.keys()) {
      // Only the shared frame of zeros outlives its mappings.
      expectSame(this.engine.bytes(frame), new Uint8Array(PAGE_SIZE));
    }
    this.applyToSpace("syncSource", 0);
  }
}

/** Much faster than comparing typed arrays element by element with `toEqual`. */
function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) !== 0) expect(actual).toEqual(expected);
}

/** The value, the fault, or that the memory limit was reached. */
function attempt<T>(action: () => T): T | GuestFault | "outOfMemory" {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof GuestFault)) throw error;
    return error.reason === "outOfMemory" ? "outOfMemory" : error;
  }
}

describe("address spaces and the model", () => {
  it("agree over random operations", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 80, size: "max" }),
        backing,
        (steps, first) => {
          const run = new Run(first);
          for (const { space, op: operation } of steps) {
            expect(run.apply(space, operation)).toBe(true);
          }
          run.finish();
        },
      ),
      { numRuns: 300 },
    );
  });

  it("agree where the memory limit lets an operation happen", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 80, size: "max" }),
        backing,
        fc.integer({ min: 1, max: 24 }),
        (steps, first, limitPages) => {
          const run = new Run(first, limitPages * PAGE_SIZE);
          for (const { space, op: operation } of steps) run.apply(space, operation);
          run.finish();
        },
      ),
      { numRuns: 200 },
    );
  });
});
