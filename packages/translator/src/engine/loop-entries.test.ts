/** Regions that are entered at their loops. */
import { assemble } from "@isovm/decoder";
import { interpreter } from "@isovm/interpreter";
import { bareVm } from "@isovm/machine";
import { rv64 } from "@isovm/riscv";
import { expect, it } from "vitest";
import { tiered } from "./tiered.ts";

const isa = rv64();
/** Adds a0 + 1 to a2, a1 times for each of a3 rounds; a0 is a constant where it comes from above. */
const text = `
  start: nop
         li   a0, 5
         li   a3, 2
  outer: li   a1, 40
  inner: addi a4, a0, 1
         add  a2, a2, a4
         addi a1, a1, -1
         bnez a1, inner
         addi a3, a3, -1
         bnez a3, outer
         ecall`;
const program = assemble(isa, text, { origin: 0x1000n });

/** The machine after a run from the start, in which all but the first instruction is translated. */
function machine() {
  const options = {
    threshold: 0,
    samplePeriod: 1,
    coldCode: true,
    tiers: ["optimised"],
    loopEntries: true,
  } as const;
  const vm = bareVm({ isa, engine: tiered(interpreter, options), program });
  const run = (label: string, registers: Readonly<Record<number, bigint>>): bigint => {
    vm.state.pc = program.symbols.get(label) ?? 0n;
    for (const [register, value] of Object.entries(registers)) {
      vm.state.write("x", Number(register), value);
    }
    vm.state.write("x", 12, 0n);
    expect(vm.run(10_000)).toEqual({ kind: "effect", name: "systemCall" });
    return vm.state.read("x", 12);
  };
  const regions = () => vm.engine.statistics().executedInRegions ?? 0;
  expect(run("start", {})).toBe(480n);
  expect(run("start", {})).toBe(480n);
  return { run, regions };
}

it.each([
  ["inner", { 10: 6n, 11: 30n, 13: 1n }, 210n, 4 * 30],
  ["inner", { 10: 6n, 11: 30n, 13: 3n }, 770n, 4 * 110],
  ["outer", { 10: 9n, 13: 2n }, 800n, 4 * 80],
])("%s, with registers that differ from those above", (label, registers, sum, translated) => {
  const { run, regions } = machine();
  const before = regions();
  expect(run(label, registers)).toBe(sum);
  expect(regions() - before).toBeGreaterThanOrEqual(translated);
});

it("are shown with all of their entries", () => {
  const shown: bigint[][] = [];
  const engine = tiered(interpreter, {
    ...{ threshold: 0, samplePeriod: 1, coldCode: true, loopEntries: true },
    tiers: ["optimised"],
    onRegion: ({ entries }) => shown.push([...entries]),
  });
  bareVm({ isa, engine, program }).run(10_000);
  const labels = ["outer", "inner"].map((label) => program.symbols.get(label));
  expect(shown[0]).toEqual([0x1004n, ...labels]);
});
