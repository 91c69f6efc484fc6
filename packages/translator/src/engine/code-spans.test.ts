import fc from "fast-check";
import { expect, it } from "vitest";
import type { PlacedInstruction } from "../region/guest-code.ts";
import type { Region } from "../region/region.ts";
import { codeOf, runsOf, spansOf } from "./code-spans.ts";

const pageBytes = 4096n;

/** A region of blocks at addresses, each of so many instructions of 4 bytes. */
function region(blocks: readonly (readonly [pc: number, count: number])[], width: 32 | 64): Region {
  const wrap = (pc: number): number => (width === 32 ? pc % 2 ** 32 : pc);
  const made = blocks.map(([pc, count]) => ({
    pc,
    instructions: Array.from(
      { length: count },
      (_, index) =>
        ({ pc: wrap(pc + 4 * index), instruction: { sizeBytes: 4 } }) as PlacedInstruction,
    ),
    end: wrap(pc + 4 * count),
    expected: [],
  }));
  return {
    entry: 0,
    entries: [0],
    blocks: made,
    successors: [],
    blockAt: new Map(),
    instructionCount: 0,
  };
}

it("runs are the bytes of the instructions, in order, apart, and within pages", () => {
  const near = fc.nat({ max: 3000 }).map((parcel) => 2 * parcel);
  const last = near.map((offset) => 2 ** 32 - 2 - offset);
  const blocks = fc.array(fc.tuple(fc.oneof(near, last), fc.integer({ min: 1, max: 1200 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(blocks, (list) => {
      const runs = runsOf(region(list, 32), 32);
      const bytes = new Set<bigint>();
      for (const [pc, count] of list) {
        for (let at = 0; at < 4 * count; at += 1) bytes.add(BigInt.asUintN(32, BigInt(pc + at)));
      }
      let total = 0;
      let end = -1n;
      for (const { address, sizeBytes } of runs) {
        // Runs that touch have a page's end between them.
        expect(address > end || (address === end && address % pageBytes === 0n)).toBe(true);
        end = address + BigInt(sizeBytes);
        expect(address / pageBytes).toBe((end - 1n) / pageBytes);
        expect(bytes.has(address) && bytes.has(end - 1n)).toBe(true);
        total += sizeBytes;
      }
      expect(total).toBe(bytes.size);
    }),
  );
});

it("their code is read from the frames of spans", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Uint8Array(memory.buffer).forEach((_, at, all) => {
    all[at] = at >> 8;
  });
  const runs = runsOf(
    region(
      [
        [0x1ffe, 2],
        [0x1100, 1],
      ],
      64,
    ),
    64,
  );
  const spans = spansOf(runs, 64, (address) => (address < 0x2000n ? 0x5000 : 0x3000));
  expect(codeOf(runs, spans, memory)).toEqual([
    { address: 0x1100n, bytes: new Uint8Array(4).fill(0x51) },
    { address: 0x1ffen, bytes: new Uint8Array(2).fill(0x5f) },
    { address: 0x2000n, bytes: new Uint8Array(6).fill(0x30) },
  ]);
});
