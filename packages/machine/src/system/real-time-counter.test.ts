import { assemble } from "@isovm/decoder";
import { type PowerEvent, virt } from "@isovm/devices";
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { riscvSystem } from "@isovm/riscv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RealTimeCounter } from "./real-time-counter.ts";
import { type SystemVm, systemVm } from "./system-vm.ts";

const ram = 0x8000_0000;
const architecture = riscvSystem();

function machine(source: string, engine: EngineFactory = interpreter, harts = 1): SystemVm {
  const board = virt({
    harts,
    console: { transmit: () => undefined },
    power: (event: PowerEvent) => vm.end(event),
  });
  const vm: SystemVm = systemVm({ architecture, engine, board, harts, memoryBytes: 2 ** 20 });
  vm.memory.write(ram, assemble(architecture.isa, source, { origin: BigInt(ram) }).bytes);
  for (let hart = 0; hart < harts; hart += 1) vm.startHart(hart, BigInt(ram));
  return vm;
}

const register = (vm: SystemVm, number: number, hart = 0): bigint =>
  vm.inspect(hart, (state) => state.read("x", number));

describe("the real-time counter", () => {
  it("counts from where it was set, and finds when it will have a value", () => {
    const number = fc.bigInt(0n, 2n ** 64n - 1n);
    fc.assert(
      fc.property(number, fc.bigInt(0n, 10n ** 12n), fc.bigInt(0n, 10n ** 6n), (set, at, ahead) => {
        const clock = { nanos: at };
        const counter = new RealTimeCounter(clock, 100n, () => undefined);
        counter.set(set);
        expect(counter.ticks).toBe(set);
        const wanted = BigInt.asUintN(64, set + ahead);
        clock.nanos = counter.nanosAt(wanted);
        expect(counter.ticks).toBe(wanted);
        expect(clock.nanos - at).toBeLessThanOrEqual(100n * ahead);
        counter.set(undefined);
        expect(counter.ticks).toBe(clock.nanos / 100n);
      }),
    );
  });

  it.each([
    ["interpreter", interpreter],
    ["reference", reference],
  ])("is mtime for the bus and time for all harts, also when it is written: %s", (_, engine) => {
    const vm = machine(
      `
            csrr s0, mhartid
            bnez s0, other
            li   t0, 0x200bff8
            li   t1, 1 << 40
            sd   t1, 0(t0)
            csrr s1, time
            ld   s2, 0(t0)
            li   t1, 7
            sw   t1, 4(t0)         # its upper half
            csrr s3, time
      stop: j    stop
      other:
            csrr s1, time
            srli s1, s1, 32
            beqz s1, other
      rest: j    rest`,
      engine,
      2,
    );
    vm.runFor(250_000);
    expect(register(vm, 9)).toBe(1n << 40n);
    expect(register(vm, 18)).toBe(1n << 40n);
    expect(register(vm, 19) >> 32n).toBe(7n);
    expect(register(vm, 9, 1)).toBe(7n);
  });

  it("moves the timers of supervisor mode with it", () => {
    // mideleg = 0, so the supervisor's timer interrupt wakes machine mode without being taken.
    const vm = machine(`
            li   t0, 1 << 63
            csrw menvcfg, t0
            li   t0, 1 << 5
            csrw mie, t0
            li   t0, 1000000
            csrw stimecmp, t0
            li   t1, 0x200bff8
            li   t2, 999990
            sd   t2, 0(t1)
            wfi
            csrr s1, time
            csrr s2, mip
            sd   zero, 0(t1)      # back: not due any more
            csrr s3, mip
      stop: j    stop`);
    const result = vm.runFor(1000);
    expect(result).toEqual({ kind: "idle", untilNanos: 1000n });
    vm.skip(10_000n);
    vm.runFor(100);
    expect(register(vm, 9)).toBe(1_000_000n);
    expect([register(vm, 18), register(vm, 19)]).toEqual([1n << 5n, 0n]);
  });

  it("is kept in snapshots, and forgotten by a reset", () => {
    const source = `
            li   t0, 0x200bff8
            li   t1, 1 << 40
            sd   t1, 0(t0)
      loop: csrr s1, time
            j    loop`;
    const first = machine(source);
    first.runFor(5000);
    const second = machine("loop: j loop");
    second.restore(first.save());
    first.runFor(1000);
    second.runFor(1000);
    expect(register(second, 9)).toBe(register(first, 9));
    expect(register(second, 9)).toBeGreaterThan(1n << 40n);
    expect(second.save()).toEqual(first.save());
    first.devices.reset();
    first.runFor(100);
    expect(register(first, 9)).toBeLessThan(1000n);
  });
});
