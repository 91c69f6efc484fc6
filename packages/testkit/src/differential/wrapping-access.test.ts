/** Accesses that go on from the end of the address space at its begin, in machines that begin. */
import { assemble } from "@isovm/decoder";
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { bareVm } from "@isovm/machine";
import { rv32, rv64 } from "@isovm/riscv";
import { tiered } from "@isovm/translator";
import { expect, it } from "vitest";
import { exitText } from "./bench.ts";

const eager = { threshold: 0, samplePeriod: 1, coldCode: true } as const;
const engines: Readonly<Record<string, EngineFactory>> = {
  interpreter,
  optimiser: tiered(interpreter, { ...eager, tiers: ["optimised"] }),
  baseline: tiered(interpreter, { ...eager, tiers: ["baseline"] }),
};
const accesses = [
  ...["lh", "lw", "ld", "sh", "sw", "sd"].map((name) => `${name} a0, 0(a1)`),
  ...["lr.w a0, (a1)", "sc.w a0, a2, (a1)", "amoadd.w a0, a2, (a1)"],
];
const places = [-1, -2, -4, -7];
const cases = Object.entries(engines).flatMap(([name, engine]) =>
  [rv64(), rv32()].flatMap((isa) =>
    accesses
      .filter((access) => isa.addressWidth === 64 || !/^[ls]d/.test(access))
      .map((access) => [name, isa.name, access, engine, isa] as const),
  ),
);

it.each(cases)("%s, %s: `%s` faults as it does in the reference", (_, __, access, engine, isa) => {
  for (const place of places) {
    // The second round executes what the first one has had translated.
    const text = `
            li a1, 0x2000
      loop: ${access}
            li a1, ${place}
            j loop`;
    const program = assemble(isa, text, { origin: 0x1000n });
    const exits = [reference, engine].map((one) => {
      const vm = bareVm({ isa, engine: one, program, memory: [{ start: 0x2000, length: 4096 }] });
      const exit = vm.run(100);
      return [exitText(exit), vm.state.pc, vm.state.read("x", 10), vm.engine.retired];
    });
    expect(exits[1]).toEqual(exits[0]);
    expect(exits[0]?.[0]).toContain("fault");
  }
});
