import { ModuleBuilder } from "@isovm/wasm";
import { describe, expect, it } from "vitest";
import type { KeptModule } from "./kept-module.ts";
import { KeptRegions } from "./kept-regions.ts";

/** A module whose functions `r0`, `r1`, … give these numbers. */
function moduleOf(...results: number[]): Uint8Array {
  const module = new ModuleBuilder();
  for (const [index, result] of results.entries()) {
    const defined = module.declareFunction(`r${index}`, ["i32"], ["i32"], ["budget"]);
    module.defineFunction(defined, (code) => code.i32Const(result));
    module.exportFunction(`r${index}`, defined);
  }
  return module.toBytes();
}

function kept(wasm: Uint8Array, regions: Record<string, [address: number, bytes: number[]][]>) {
  return {
    host: "host",
    wasm,
    regions: Object.entries(regions).map(([exportName, code]) => ({
      pc: BigInt(code[0]?.[0] ?? 0),
      entryNumber: 0,
      exportName,
      instructionCount: 1,
      code: code.map(([address, bytes]) => ({
        address: BigInt(address),
        bytes: Uint8Array.from(bytes),
      })),
    })),
  } satisfies KeptModule;
}

/** What finds regions in modules, over memory with these bytes from 0x1000 on. */
function finder(modules: readonly KeptModule[], memory: number[], used: KeptModule[] = []) {
  const bytes = Uint8Array.from(memory);
  return new KeptRegions(
    { modules, add() {}, use: (module) => void used.push(module) },
    {
      host: "host",
      imports: {},
      codeAt: (address, length) => {
        const start = Number(address) - 0x1000;
        return start < 0 ? new Uint8Array(0) : bytes.subarray(start, start + length);
      },
    },
  );
}

/** What the function that was found gives. */
function resultAt(regions: KeptRegions, entry: number): unknown {
  const run = regions.find(BigInt(entry))?.run;
  return typeof run === "function" ? (run as (budget: number) => number)(1) : undefined;
}

describe("kept regions", () => {
  const wasm = moduleOf(10, 11);
  const module = kept(wasm, {
    r0: [
      [0x1000, [1, 2]],
      [0x1006, [7]],
    ],
    r1: [[0x1002, [3]]],
  });

  it("are found where all of their code is", () => {
    const used: KeptModule[] = [];
    const regions = finder([module], [1, 2, 3, 4, 5, 6, 7], used);
    expect([...regions.entriesIn(0x1fffn)]).toEqual([0x1000n, 0x1002n]);
    expect([...regions.entriesIn(0x2000n)]).toEqual([]);
    expect(used).toEqual([]);
    expect([0x1000, 0x1002, 0x1004].map((entry) => resultAt(regions, entry))).toEqual([
      10,
      11,
      undefined,
    ]);
    expect(new Set(used)).toEqual(new Set([module]));
  });

  it.each([
    ["changed at its entry", [9, 2, 3, 4, 5, 6, 7]],
    ["changed elsewhere", [1, 2, 3, 4, 5, 6, 8]],
    ["gone in part", [1, 2, 3, 4, 5, 6]],
  ])("are not found where code is %s", (_, memory) => {
    const used: KeptModule[] = [];
    const regions = finder([module], memory, used);
    expect(regions.find(0x1000n)).toBeUndefined();
    expect(used).toEqual([]);
    expect(resultAt(regions, 0x1002)).toBe(11);
  });

  it("are told apart by their code", () => {
    const other = kept(moduleOf(20), { r0: [[0x1000, [5]]] });
    expect(resultAt(finder([module, other], [5, 2, 3, 4, 5, 6, 7]), 0x1000)).toBe(20);
  });

  it("are those that were made last", () => {
    const anew = kept(moduleOf(20), { r0: [[0x1000, [1]]] });
    expect(resultAt(finder([module, anew], [1, 2, 3, 4, 5, 6, 7]), 0x1000)).toBe(20);
    expect(resultAt(finder([anew, module], [1, 2, 3, 4, 5, 6, 7]), 0x1000)).toBe(10);
  });

  it("can be discarded by any address in them", () => {
    for (const address of [0x1000, 0x1001, 0x1006]) {
      const regions = finder([module], [1, 2, 3, 4, 5, 6, 7]);
      regions.discard(BigInt(address));
      expect(resultAt(regions, 0x1000)).toBeUndefined();
      expect(resultAt(regions, 0x1002)).toBe(11);
      regions.discard(0x1004n);
      expect(resultAt(regions, 0x1002)).toBe(11);
    }
  });

  it("of another host are none", () => {
    const regions = finder([{ ...module, host: "other" }], [1, 2, 3, 4, 5, 6, 7]);
    expect([...regions.entriesIn(0x1000n)]).toEqual([]);
    expect(regions.find(0x1000n)).toBeUndefined();
  });

  it("are left alone if the module isn't what it says", () => {
    const code: Record<string, [number, number[]][]> = { r0: [[0x1000, [1]]] };
    const cut = kept(wasm.subarray(0, -3), code);
    const renamed = kept(wasm, { r9: [[0x1000, [1]]] });
    const needy = new ModuleBuilder();
    needy.importFunction("slow", "read", ["i64"], ["i32"]);
    for (const bad of [cut, renamed, kept(needy.toBytes(), code)]) {
      expect(finder([bad], [1]).find(0x1000n)).toBeUndefined();
      expect(resultAt(finder([bad, kept(wasm, code)], [1]), 0x1000)).toBe(10);
    }
  });
});
