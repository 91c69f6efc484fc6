/** Breakpoints hold in translated code, and where it isn't translated, as they do in the reference. */
import { assemble } from "@isovm/decoder";
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { type BareVm, bareVm } from "@isovm/machine";
import { rv64 } from "@isovm/riscv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tiered } from "./tiered.ts";

const isa = rv64();
const program = assemble(
  isa,
  `
      li   s0, 0
      li   s2, 0
outer:
      addi s0, s0, 1
      li   s1, 40
inner:
      add  s2, s2, s1
      andi t0, s1, 3
      bnez t0, odd
      call leaf
odd:  addi s1, s1, -1
      bnez s1, inner
      la   t1, changing        # an instruction that changes each time
      lw   t2, 0(t1)
      li   t3, 1 << 20
      xor  t2, t2, t3
      sw   t2, 0(t1)
      fence.i
changing:
      addi s3, s3, 2
      j    outer
leaf:
      c.addi s4, 1
      slli s2, s2, 1
      ret
`,
  { origin: 0x1000n },
);
const addresses = program.lines.flatMap(({ address, sizeBytes }) =>
  sizeBytes > 0 ? [address] : [],
);

const engines: readonly (readonly [string, EngineFactory])[] = [
  ["interpreter", interpreter],
  ["tiered", tiered(interpreter, { samplePeriod: 64, threshold: 1 })],
  ["tiered, everything translated", tiered(interpreter, { threshold: 0, samplePeriod: 8 })],
];

function observe(vm: BareVm): unknown {
  return [vm.state.pc, vm.engine.retired, Buffer.from(vm.state.save()).toString("hex")];
}

describe.each(engines)("breakpoints, %s", (_, engine) => {
  it("stop where the reference does, whenever they are set and removed", () => {
    const points = fc.uniqueArray(fc.constantFrom(...addresses), { maxLength: 3 });
    const steps = fc.array(
      fc.record({ points, budget: fc.constantFrom(1, 2, 7, 100, 1000, 20_000), runs: fc.nat(3) }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(steps, (turns) => {
        const left = bareVm({ isa, engine, program });
        const right = bareVm({ isa, engine: reference, program });
        for (const vm of [left, right]) vm.run(500);
        for (const { points: set, budget, runs } of turns) {
          for (const { engine: one } of [left, right]) {
            one.breakpoints.clear();
            for (const point of set) one.breakpoints.add(point);
          }
          for (let run = 0; run <= runs; run += 1) {
            // The reference is slow.
            const most = set.length === 0 ? Math.min(budget, 1000) : budget;
            expect(left.run(most)).toEqual(right.run(most));
            expect(observe(left)).toEqual(observe(right));
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it("cost nothing but where they are", () => {
    const loop = assemble(isa, "loop: addi s0, s0, 1\n xor s1, s1, s0\n j loop\n nop");
    const vm = bareVm({ isa, engine, program: loop });
    vm.engine.breakpoints.add(12n);
    expect(vm.run(3_000_000)).toEqual({ kind: "budget" });
    const { executedInRegions } = vm.engine.statistics();
    if (executedInRegions !== undefined) expect(executedInRegions).toBeGreaterThan(2_000_000);
  });
});
