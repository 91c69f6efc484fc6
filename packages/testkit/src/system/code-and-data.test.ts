/** Pages with code and data in them, which lose their mark as code and get it again. */
import { assemble } from "@isovm/decoder";
import { virt } from "@isovm/devices";
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { systemVm } from "@isovm/machine";
import { riscvSystem } from "@isovm/riscv";
import { tiered } from "@isovm/translator";
import { expect, it } from "vitest";

const ram = 0x8000_0000;
const architecture = riscvSystem();
const engines: Readonly<Record<string, EngineFactory>> = {
  reference,
  interpreter,
  tiered: tiered(interpreter, { threshold: 0, samplePeriod: 3 }),
  "tiered, all that can be reached": tiered(interpreter, {
    threshold: 0,
    samplePeriod: 1,
    coldCode: true,
  }),
};

/**
 * Stores so many words beside its own code, executes an instruction, patches that and executes it
 * again, so many times. What the instruction adds to a0 is 1 at first, and one more each round.
 */
const text = (stores: number, rounds: number): string => `
  start:  la    s0, data
          la    s1, patched
          li    s2, ${rounds}
          lw    s3, 0(s1)
          lui   s4, 0x100
  round:  li    t0, ${stores}
  fill:   sw    t0, 0(s0)
          addi  t0, t0, -1
          bnez  t0, fill
          call  patched
          sw    s3, 0(s1)
          fence.i
          call  patched
          add   s3, s3, s4
          addi  s2, s2, -1
          bnez  s2, round
  end:    j     end
  data:   .word 0
  .balign 4
  patched: addi a0, a0, 1
          ret`;

const cases = Object.entries(engines).flatMap(([name, engine]) =>
  [1, 2].map((harts) => [name, harts, engine] as const),
);

it.each(cases)("%s, %i harts: no instruction is stale", (_, harts, engine) => {
  for (const [stores, rounds] of [
    [10, 40],
    [31, 9],
    [32, 9],
    [33, 9],
    [70, 12],
  ] as const) {
    const program = assemble(architecture.isa, text(stores, rounds), { origin: BigInt(ram) });
    const board = virt({ harts, console: { transmit() {} }, power() {} });
    const vm = systemVm({
      architecture,
      engine,
      board,
      harts,
      memoryBytes: 2 ** 20,
      turnInstructions: 7,
    });
    vm.memory.write(ram, program.bytes);
    vm.startHart(0, BigInt(ram));
    // The other one spins in the same page.
    for (let hart = 1; hart < harts; hart += 1)
      vm.startHart(hart, program.symbols.get("end") ?? 0n);
    vm.runFor(harts * (rounds * (3 * stores + 20) + 50));
    const seen = vm.inspect(0, (state) => [state.read("x", 10), state.pc]);
    // Before a patch comes what the last one has left.
    let expected = 0n;
    for (let round = 1; round <= rounds; round += 1)
      expected += BigInt(Math.max(1, round - 1) + round);
    expect(seen).toEqual([expected, program.symbols.get("end")]);
  }
});
