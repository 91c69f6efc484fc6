import { assemble, disassemble } from "@isovm/decoder";
import { interpreter } from "@isovm/interpreter";
import type { EngineMemory, RegionHost, RegionHostFactory } from "@isovm/isa-spec";
import { bareVm } from "@isovm/machine";
import { rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { type TieredOptions, tiered } from "../engine/tiered.ts";
import type { TranslatedRegion } from "../region/translated-region.ts";
import { CodeRegions } from "./code-region.ts";
import { Recorder } from "./recorder.ts";

/** A loop that calls a function in another page, which accesses memory and computes in floats. */
const source = `
  start: li   s0, 300
         li   s1, 0
         la   s2, data
  loop:  mv   a0, s0
         jal  work
         add  s1, s1, a0
         addi s0, s0, -1
         bnez s0, loop
         ebreak
         .align 12
  work:  ld   a1, 0(s2)
         ld   a2, 8(s2)
         sd   a1, 16(s2)
         sd   a2, 0(s2)
         sd   a1, 8(s2)
         mul  a0, a0, a1
         fcvt.d.l fa0, a0
         fsqrt.d fa0, fa0
         fcvt.l.d a0, fa0
         ret
         .align 12
  data:  .dword 5, 7, 0`;
const isa = rv64();
const program = assemble(isa, source, { origin: 0x1_0000n });

function run(options: TieredOptions | undefined): {
  readonly state: readonly bigint[];
  readonly figures: Readonly<Record<string, number>>;
  readonly regions: readonly TranslatedRegion[];
} {
  const regions: TranslatedRegion[] = [];
  const engine = options
    ? tiered(interpreter, { ...options, onRegion: (region) => regions.push(region) })
    : interpreter;
  const vm = bareVm({ isa, engine, program });
  const exits = [];
  for (let count = 0; count < 100_000; count += 97) {
    const exit = vm.run(97);
    exits.push(vm.state.pc);
    if (exit.kind !== "budget") break;
  }
  const { state } = vm;
  const registers = Array.from({ length: 32 }, (_, index) => state.read("x", index));
  const flags = state.read("fflags", 0);
  return { state: [...registers, flags, ...exits], figures: vm.engine.statistics(), regions };
}

const options = { tiers: ["baseline"], threshold: 0, samplePeriod: 11 } as const;

describe("flat code", () => {
  const { state, figures, regions } = run(options);

  it("does what the interpreter does, at the same instructions", () => {
    expect(state).toEqual(run(undefined).state);
  });

  it("is executed by baseline regions", () => {
    expect(figures.baselineRegions).toBeGreaterThan(0);
    expect(figures.regions).toBe(figures.baselineRegions);
    expect(figures.executedInRegions).toBeGreaterThan(2000);
  });

  it("is one region over several pages, with calls and their returns", () => {
    const pages = regions.map(({ blocks }) => new Set(blocks.map(({ address }) => address >> 12n)));
    expect(Math.max(...pages.map(({ size }) => size))).toBe(2);
    const block = regions.flatMap(({ blocks }) => blocks).find(({ isOpen }) => isOpen);
    const last = block?.instructions.at(-1);
    expect(last && disassemble(isa, last.bytes)[0]?.text).toBe("jalr zero,0(ra)");
  });

  it("has its entries in a table", () => {
    expect(regions.some((region) => region.wasmText().includes("br_table"))).toBe(true);
  });
});

it("ends where another region begins", () => {
  const { regions } = run({ ...options, samplePeriod: 40 });
  expect(regions.length).toBeGreaterThan(1);
  const entries = new Set<bigint>();
  for (const { entry, blocks } of regions) {
    for (const { instructions } of blocks) {
      for (const { address } of instructions) expect(entries.has(address)).toBe(false);
    }
    entries.add(entry);
  }
});

it("is found though looking for a page grows memory", () => {
  let parts: { readonly host: RegionHost; readonly memory: EngineMemory } | undefined;
  const engine: RegionHostFactory = (given) => {
    const host = interpreter(given);
    parts = { host, memory: given.memory };
    return host;
  };
  bareVm({ isa, engine, program }).run(100);
  if (!parts) throw new Error("no engine");
  const { host, memory } = parts;
  host.regions.prepare();
  const recorder = new Recorder(isa, host.regions.places);
  const regions = new CodeRegions({
    isa,
    predecoded: host.regions.predecoded,
    recorder: () => recorder,
    frameOf: (pc) => {
      memory.memory.grow(1);
      return memory.translate(BigInt(pc), "fetch");
    },
    memory: memory.memory,
    coldCode: false,
    breakpoints: new Set(),
  });
  const found = regions.find(Number(program.symbols.get("loop")), 100);
  expect(found?.pages).toHaveLength(2);
});
