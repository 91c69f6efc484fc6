import { describe, expect, it } from "vitest";
import {
  checkKeptModule,
  KeptModuleError,
  keptBytes,
  withinLimit,
  withoutRepetitions,
} from "./kept-module.ts";
import { keptModule } from "./testing.ts";

const [one, two, three] = [keptModule(1), keptModule(2), keptModule(3)];

describe("modules without repetitions", () => {
  it("leaves out what later ones have", () => {
    const both = { ...three, regions: [...one.regions, ...two.regions] };
    const anew = keptModule(1, 50);
    expect(withoutRepetitions([one, anew, two, one])).toEqual([two, one]);
    expect(withoutRepetitions([one, two, anew])).toEqual([two, anew]);
    expect(withoutRepetitions([one, both, two])).toEqual([{ ...both, regions: one.regions }, two]);
    expect(withoutRepetitions([one, two, both])).toEqual([both]);
    const elsewhere = { ...one, host: "other" };
    expect(withoutRepetitions([one, elsewhere])).toEqual([one, elsewhere]);
    expect(withoutRepetitions([{ ...one, regions: [] }])).toEqual([]);
  });

  it("keeps regions from other code, or from more of it", () => {
    const [region] = one.regions;
    const variants = (region?.code ?? []).flatMap(({ address, bytes }) => [
      [{ address, bytes: bytes.map((byte) => byte ^ 1) }],
      [{ address, bytes: bytes.slice(1) }],
      [{ address: address - 1n, bytes }],
      [
        { address, bytes },
        { address: 0n, bytes },
      ],
    ]);
    const others = variants.map((code) => ({
      ...one,
      regions: [{ pc: 0x1004n, entryNumber: 0, instructionCount: 1, exportName: "r1", code }],
    }));
    expect(withoutRepetitions([one, ...others])).toEqual([one, ...others]);
  });
});

describe("a limit", () => {
  it("keeps what is preferred, then what comes first", () => {
    const all = [one, two, three];
    const each = keptBytes([one]);
    expect(withinLimit(all, new Set(), 2 * each)).toEqual([one, two]);
    expect(withinLimit(all, new Set([three.wasm]), 2 * each)).toEqual([one, three]);
    expect(withinLimit(all, new Set([three.wasm]), each)).toEqual([three]);
    expect(withinLimit([keptModule(4, 1000), one], new Set(), 500)).toEqual([one]);
  });
});

describe("a module that fits everywhere or nowhere", () => {
  it("can't be kept", () => {
    const [region] = one.regions;
    if (!region) throw new Error("no region");
    const check = (changes: object) => () =>
      checkKeptModule({ ...one, regions: [{ ...region, ...changes }] });
    expect(check({})).not.toThrow();
    expect(check({ code: [] })).toThrow(KeptModuleError);
    expect(check({ pc: 0n })).toThrow(KeptModuleError);
    expect(check({ exportName: "x".repeat(30_000) })).toThrow(KeptModuleError);
    expect(() => checkKeptModule({ ...one, host: "x".repeat(30_000) })).toThrow(KeptModuleError);
  });
});
