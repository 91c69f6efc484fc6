/** A guest that accesses whatever address at whatever width: faults as hardware, under every engine. */
import { assemble } from "@isovm/decoder";
import { type PowerEvent, virt } from "@isovm/devices";
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { type SystemVm, systemVm } from "@isovm/machine";
import { riscvSystem } from "@isovm/riscv";
import { tiered } from "@isovm/translator";
import fc from "fast-check";
import { expect, it } from "vitest";
import { fuzzRuns } from "../differential/runs.ts";

const ram = 0x8000_0000;
const memoryBytes = 2 ** 20;
const architecture = riscvSystem();
const names = ["lb", "lbu", "lh", "lhu", "lw", "lwu", "ld", "sb", "sh", "sw", "sd"];
const atomics = ["lr.w a0, (a1)", "lr.d a0, (a1)", "sc.w a0, a2, (a1)", "amoadd.d a0, a2, (a1)"];
const texts = [...names.map((name) => `${name} a0, 0(a1)`), ...atomics];
/** One instruction of each kind with what follows it, 16 bytes apart. */
const program = assemble(
  architecture.isa,
  `${texts.map((text) => `${text}\nli a3, 1\nstop${texts.indexOf(text)}: j stop${texts.indexOf(text)}\n.balign 16`).join("\n")}
  handler: csrr a4, mcause
           csrr a5, mtval
  end:     j end`,
  { origin: BigInt(ram) },
);

function machine(engine: EngineFactory) {
  const output: number[] = [];
  const events: unknown[] = [];
  const board = virt({
    harts: 2,
    console: { transmit: (byte) => void output.push(byte) },
    power: (event: PowerEvent) => void events.push(event),
  });
  const observe = (event: unknown) => void events.push(event);
  const vm = systemVm({
    architecture,
    engine,
    board,
    harts: 2,
    memoryBytes,
    turnInstructions: 4,
    observe,
  });
  vm.memory.write(ram, program.bytes);
  return { vm, output, events };
}

const handler = program.symbols.get("handler") ?? 0n;

/** Executes one access; what has become of it. */
function perform(vm: SystemVm, which: number, address: bigint, value: bigint): unknown {
  const registers = [
    { file: "x", register: 10, value },
    { file: "x", register: 11, value: address },
    { file: "x", register: 12, value },
    ...[13, 14, 15].map((register) => ({ file: "x", register, value: 0n })),
  ];
  // The other hart only spins.
  vm.startHart(1, program.symbols.get("end") ?? 0n);
  vm.startHart(0, BigInt(ram + 16 * which), registers);
  vm.inspect(0, (_, { debugger: hart }) => hart?.write("mtvec", handler));
  vm.runFor(40);
  return vm.inspect(0, (state) =>
    [10, 13, 14, 15].map((register) => state.read("x", register)).concat(state.pc),
  );
}

it("is answered, or faults with its address, and the machine goes on", () => {
  const engines = [reference, interpreter, tiered(interpreter, { threshold: 0, samplePeriod: 1 })];
  const { devices } = virt({ console: { transmit() {} }, power() {} });
  const places = devices.map(({ base, sizeBytes }) =>
    fc.oneof(fc.nat(0x60), fc.nat(sizeBytes + 8)).map((offset) => BigInt(base + offset)),
  );
  const address = fc.oneof(
    { arbitrary: fc.oneof(...places), weight: 8 },
    { arbitrary: fc.integer({ min: -9, max: 9 }).map((at) => BigInt(ram + at)), weight: 1 },
    {
      arbitrary: fc.integer({ min: -9, max: 9 }).map((at) => BigInt(ram + memoryBytes + at)),
      weight: 1,
    },
    { arbitrary: fc.bigInt(0n, 2n ** 64n - 1n), weight: 1 },
  );
  const value = fc.oneof(fc.bigInt(0n, 255n), fc.bigInt(0n, 2n ** 64n - 1n));
  const access = fc.tuple(fc.nat(texts.length - 1), address, value);
  // One machine each for all: what devices hold after wild accesses is part of the test.
  const all = engines.map(machine);
  let [answered, faulted] = [0, 0];
  fc.assert(
    fc.property(access, ([which, at, written]) => {
      // What the program stands on is left alone.
      fc.pre(at + 8n < BigInt(ram) || at >= BigInt(ram + program.bytes.length));
      const [first, ...others] = all.map(({ vm }) => perform(vm, which, at, written));
      for (const other of others) expect(other).toEqual(first);
      const [, wentOn, cause = 0n, mtval = 0n] = first as bigint[];
      if (wentOn === 1n) answered += 1;
      else {
        faulted += 1;
        expect([4n, 5n, 6n, 7n]).toContain(cause);
        // The first byte that can't be accessed.
        expect(BigInt.asUintN(64, mtval - at)).toBeLessThan(8n);
      }
      const [one, ...rest] = all.map(({ vm, output, events }) => ({
        output: output.splice(0),
        events: events.splice(0),
        devices: vm.devices.state(),
      }));
      for (const other of rest) expect(other).toEqual(one);
    }),
    { ...fuzzRuns(300), examples: texts.map((_, which) => [[which, 2n ** 64n - 1n, 0n]]) },
  );
  expect(answered).toBeGreaterThan(20);
  expect(faulted).toBeGreaterThan(10);
});
