import { type Assembly, assemble, disassemble } from "@isovm/decoder";
import { interpreter } from "@isovm/interpreter";
import { type Isa, printSemantics } from "@isovm/isa-spec";
import { bareVm } from "@isovm/machine";
import { rv32, rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { type TieredOptions, tiered } from "../engine/tiered.ts";
import type { TranslatedRegion } from "./translated-region.ts";

const loop = `
       li   s0, 1000
  loop: jal  callee
       addi s0, s0, -1
       bnez s0, loop
       ebreak
  callee:
       lui  a1, 16
       addi a1, a1, 1
       beqz s0, never
       ret
  never: ebreak`;

function observe(isa: Isa, program: Assembly, options: TieredOptions = {}): TranslatedRegion[] {
  const regions: TranslatedRegion[] = [];
  const observed = { ...options, onRegion: (region: TranslatedRegion) => regions.push(region) };
  const engine = tiered(interpreter, { threshold: 0, samplePeriod: 1000, ...observed });
  const vm = bareVm({ isa, engine, program });
  expect(vm.run(100_000)).toEqual({ kind: "effect", name: "breakpoint" });
  expect(vm.engine.statistics().regions).toBe(regions.length);
  return regions;
}

describe.each([
  ["32", rv32(), 0x1000n],
  ["64", rv64(), 0x1000n],
  ["64, far up,", rv64(), 0x7f_ffff_f000n],
])("the region that an observer is shown, of %s bits", (_, isa, origin) => {
  const program = assemble(isa, loop, { origin });
  const [region] = observe(isa, program);
  if (!region) throw new Error("no region");
  const at = (name: string): bigint => {
    const address = program.symbols.get(name);
    if (address === undefined) throw new Error(name);
    return BigInt.asUintN(isa.addressWidth, address);
  };
  const blockAt = (address: bigint) => region.blocks.find((block) => block.address === address);

  it("has the guest's code", () => {
    expect(region.blocks[0]?.address).toBe(region.entry);
    expect(region.entries).toEqual([region.entry]);
    const instructions = region.blocks.flatMap((block) => block.instructions);
    expect(instructions).toHaveLength(region.instructionCount);
    const all = disassemble(isa, program.bytes, origin);
    for (const { address, bytes } of instructions) {
      const line = all.find((candidate) => candidate.address === address);
      expect(bytes).toEqual(line?.bytes);
    }
  });

  it("says where control goes", () => {
    const behindCall = at("loop") + 4n;
    expect(blockAt(at("loop"))).toMatchObject({
      successors: [at("callee")],
      exits: [],
      isOpen: false,
    });
    expect(blockAt(at("callee"))).toMatchObject({ exits: [at("never")], isOpen: false });
    const ret = blockAt(at("never") - 4n);
    expect(ret).toMatchObject({ successors: [behindCall], exits: [], isOpen: true });
    expect(blockAt(behindCall)).toMatchObject({ exits: [behindCall + 8n], isOpen: false });
  });

  it("has semantics before and after the passes", () => {
    const [lui, addi] = blockAt(at("callee"))?.instructions ?? [];
    const texts = [lui, addi].flatMap((instruction) =>
      instruction ? [instruction.specialised, instruction.optimised].map(printSemantics) : [],
    );
    expect(texts).toEqual(["x[11] = 0x10000", "", "t0 = x[11]\nx[11] = t0 + 1", "x[11] = 0x10001"]);
  });

  it("has WebAssembly as text", () => {
    expect(region.wasmText()).toMatch(
      /^\(func \$r0 \(param \$budget i32\) \(param \$entry i32\) \(result i32\)/,
    );
    expect(region.wasmText()).toContain(`(local $x11 i${isa.addressWidth})`);
    expect(region.wasmText()).toContain(`(i${isa.addressWidth}.const 0x10001)`);
  });
});

describe("an observer of regions", () => {
  it("is told in the order of translation", () => {
    const again = "li s0, 1000\n again: addi s0, s0, -1\n bnez s0, again\n ebreak";
    const program = assemble(rv64(), loop.replace("ebreak", again));
    const entries = observe(rv64(), program, { samplePeriod: 100 }).map(({ entry }) => entry);
    const last = program.symbols.get("again") ?? 0n;
    const isLast = entries.map((entry) => entry === last || entry === last + 4n);
    expect(new Set(isLast)).toEqual(new Set([false, true]));
    expect(isLast.lastIndexOf(false)).toBeLessThan(isLast.indexOf(true));
  });

  it("is shown both functions of a region that computes in floating point", () => {
    const source =
      "li s0, 1000\n fcvt.d.l fa0, s0\n loop: fadd.d fa1, fa1, fa0\n addi s0, s0, -1\n bnez s0, loop\n ebreak";
    const [region] = observe(rv64(), assemble(rv64(), source));
    expect(region?.wasmText().match(/^\(func \S+/gm)).toEqual(["(func $r0", "(func $r0_unsteady"]);
  });
});
