/** Control registers that rows access: the same as those that the hart accesses. */
import { interpreter, reference } from "@isovm/interpreter";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { riscvSystem } from "./system.ts";
import { HartProbe, modes } from "./testing/hart-probe.ts";

const system = riscvSystem();
const word = fc.oneof(
  fc.bigInt(0n, (1n << 64n) - 1n),
  fc.bigInt(0n, 0xff_ffffn),
  fc.nat(63).map((bit) => 1n << BigInt(bit)),
);
const access = fc.record({
  mnemonic: fc.constantFrom("csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci"),
  name: fc.constantFrom("sstatus", "sstatus", "sscratch", "sepc", "scause", "stval"),
  rd: fc.constantFrom("x0", "a0", "a1"),
  source: fc.constantFrom(0, 11),
  value: word,
  before: word,
  status: fc.bigInt(0n, 0xff_ffffn),
  mode: fc.constantFrom("supervisor" as const, "machine" as const),
  isPending: fc.boolean(),
});

/** Registers, the program counter and what the hart holds. */
function stateOf({ machine }: HartProbe): readonly unknown[] {
  const { state } = machine.engine;
  const registers = [...system.isa.layout.files.values()].flatMap(({ definition }) =>
    Array.from({ length: definition.count }, (_, index) => state.read(definition.name, index)),
  );
  return [state.pc, registers, machine.hart.save(), machine.hart.context];
}

describe.each([
  ["reference", reference],
  ["interpreter", interpreter],
] as const)("inline control registers (%s)", (_, engine) => {
  it("are the hart's own, whichever of the two executes the instruction", () => {
    const inline = new HartProbe(system, engine);
    const host = new HartProbe(system, reference);
    fc.assert(
      fc.property(access, (given) => {
        const { mnemonic, name, rd, source, mode, isPending } = given;
        const operand = mnemonic.endsWith("i") ? String(source) : `x${source}`;
        for (const probe of [inline, host]) {
          probe.reset();
          for (const plain of ["sscratch", "sepc", "scause", "stval"]) {
            probe.setRegister(plain, given.before);
          }
          // Enabled and pending for supervisor mode, which doesn't take it yet.
          probe.setRegister("mideleg", 2n);
          probe.setRegister("mie", 2n);
          probe.setRegister("mip", isPending ? 2n : 0n);
          probe.setRegister("mstatus", given.status & ~0x2_000an);
          probe.enter(mode);
          probe.setInteger(11, given.value);
          probe.place(`${mnemonic} ${rd}, ${name}, ${operand}`);
        }
        inline.machine.step();
        // The same instruction in the hart's hands from the start.
        host.machine.hart.takeInterrupt();
        host.machine.hart.handle({ kind: "effect", name: "controlRegister" });
        expect(stateOf(inline)).toEqual(stateOf(host));
      }),
      { numRuns: 400 },
    );
  });

  it("end a run where setting SIE lets a pending interrupt come, and only there", () => {
    const probe = new HartProbe(system, engine);
    for (const isPending of [false, true]) {
      probe.reset();
      probe.setRegister("mideleg", 2n);
      probe.setRegister("mie", 2n);
      probe.setRegister("mip", isPending ? 2n : 0n);
      probe.enter("supervisor");
      probe.place("csrrsi x0, sstatus, 2\n nop\n nop");
      probe.machine.hart.takeInterrupt();
      expect(probe.machine.engine.run(2)).toEqual(
        isPending ? { kind: "effect", name: "controlRegister" } : { kind: "budget" },
      );
    }
  });

  it("read the time where counter enables let them, without leaving the engine", () => {
    const probe = new HartProbe(system, engine);
    probe.machine.time = 77n;
    for (const [machine, supervisor, lowest] of [
      [0n, 2n, modes.machine],
      [2n, 0n, modes.supervisor],
      [2n, 2n, modes.user],
    ] as const) {
      probe.reset();
      probe.setRegister("mcounteren", machine);
      probe.setRegister("scounteren", supervisor);
      for (const mode of ["user", "supervisor", "machine"] as const) {
        probe.enter(mode);
        probe.place("rdtime a0");
        probe.setInteger(10, 0n);
        const exit = probe.machine.engine.run(1);
        const isOpen = modes[mode] >= lowest;
        expect(exit.kind).toBe(isOpen ? "budget" : "effect");
        expect(probe.read(10)).toBe(isOpen ? 77n : 0n);
      }
    }
  });
});
