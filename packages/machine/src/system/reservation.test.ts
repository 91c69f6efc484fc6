import { assemble } from "@isovm/decoder";
import { virt } from "@isovm/devices";
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { riscvSystem } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { type SystemVm, systemVm } from "./system-vm.ts";

const ram = 0x8000_0000;
const architecture = riscvSystem();

/** Hart 0 reserves, counts, and stores on condition; others count. Turns have 20 instructions. */
const source = `
      csrr a0, mhartid
      bnez a0, rest
      la   a1, word
      lr.d a2, (a1)
wait: addi a3, a3, -1
      bnez a3, wait
      sc.d a4, a1, (a1)
rest: j    rest
      .balign 8
word: .dword 5`;

function machine(engine: EngineFactory, harts: number, rounds: bigint): SystemVm {
  const board = virt({ harts, console: { transmit() {} }, power() {} });
  const vm = systemVm({
    architecture,
    engine,
    board,
    harts,
    memoryBytes: 2 ** 20,
    turnInstructions: 20,
  });
  vm.memory.write(ram, assemble(architecture.isa, source, { origin: BigInt(ram) }).bytes);
  for (let hart = 0; hart < harts; hart += 1) {
    const registers = [
      { file: "x", register: 13, value: rounds },
      { file: "x", register: 14, value: 7n },
    ];
    vm.startHart(hart, BigInt(ram), registers);
  }
  return vm;
}

/** What the store-conditional of hart 0 gave: 0 if it has stored. */
const result = (vm: SystemVm): bigint => vm.inspect(0, (state) => state.read("x", 14));

describe.each([
  ["reference", reference],
  ["interpreter", interpreter],
])("a reservation, %s", (_, engine) => {
  it("lasts as long as a turn of its hart", () => {
    for (const [harts, rounds, expected] of [
      [2, 3n, 0n],
      [2, 30n, 1n],
      [1, 3n, 0n],
      [1, 30n, 0n],
    ] as const) {
      const vm = machine(engine, harts, rounds);
      vm.runFor(400);
      expect([harts, rounds, result(vm)]).toEqual([harts, rounds, expected]);
    }
  });

  it("isn't lost when the host looks at another hart, or keeps a snapshot", () => {
    const vm = machine(engine, 2, 3n);
    for (let step = 0; step < 60; step += 1) {
      vm.runFor(1);
      vm.inspect(1, (state) => state.pc);
      vm.save();
    }
    expect(result(vm)).toBe(0n);
    const copy = machine(engine, 2, 3n);
    copy.runFor(26);
    const other = machine(engine, 2, 99n);
    other.restore(copy.save());
    other.runFor(40);
    expect(result(other)).toBe(0n);
  });
});
