/** Harts as plain data: taken back, a run goes on as if nothing had been. */
import { reference } from "@isovm/interpreter";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { riscvSystem } from "./system.ts";
import { TestMachine } from "./testing/test-machine.ts";

const system = riscvSystem();

describe("a hart that is saved", () => {
  it("goes on the same after it was restored into another machine, at any instruction", () => {
    const source = `
      la t0, handler
      csrw mtvec, t0
      li t0, 0x8000000000000001
      csrw menvcfg, t0
      li t0, 7
      csrw mcounteren, t0
      li t0, -1
      csrw pmpaddr0, t0
      li t0, 0x1f
      csrw pmpcfg0, t0
      li t0, 0x20
      csrw mideleg, t0
      csrw mie, t0
      la t0, supervisor
      csrw mepc, t0
      csrw stvec, t0
      li t0, 0x800
      csrw mstatus, t0
      csrw mscratch, t0
      mret
      handler: j handler
      supervisor:
      csrr t1, time
      addi t1, t1, 7
      csrw stimecmp, t1
      csrsi sstatus, 2
      addi a0, a0, 1
      rdinstret a1
      csrw sscratch, a1
      nop
      nop
      j supervisor
    `;
    const stepped = (machine: TestMachine, count: number): void => {
      for (let step = 0; step < count; step += 1) {
        machine.advance(machine.time + 1n);
        machine.step();
      }
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), (count) => {
        const straight = new TestMachine(system, reference, source);
        stepped(straight, count);
        const saved = JSON.parse(JSON.stringify(straight.hart.save()));
        const registers = straight.engine.state.save();
        const twin = new TestMachine(system, reference, source);
        twin.time = straight.time;
        twin.retiredBefore = straight.retired;
        twin.hart.restore(saved);
        twin.engine.state.load(registers);
        for (const machine of [straight, twin]) stepped(machine, 60);
        expect(twin.engine.state.save()).toEqual(straight.engine.state.save());
        expect(twin.hart.save()).toEqual(straight.hart.save());
      }),
      { numRuns: 25 },
    );
  });

  it("isn't restored from another version", () => {
    const { hart } = new TestMachine(system, reference, "nop");
    expect(() => hart.restore({ version: 99 })).toThrow("version 99");
  });
});
