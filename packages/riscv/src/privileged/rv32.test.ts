/** RV32: Sv32, and the upper halves of 64-bit control registers. */
import { interpreter, reference } from "@isovm/interpreter";
import { describe, expect, it } from "vitest";
import { riscvSystem } from "./system.ts";
import { HartProbe } from "./testing/hart-probe.ts";
import { TestMachine } from "./testing/test-machine.ts";

const system = riscvSystem({ xlen: 32 });

describe("RV32", () => {
  it.each([
    ["reference", reference],
    ["interpreter", interpreter],
  ] as const)("translates by Sv32 and returns from a call (%s)", (_, engine) => {
    const machine = new TestMachine(
      system,
      engine,
      `
      la t0, handler
      csrw mtvec, t0
      li t0, -1
      csrw pmpaddr0, t0
      li t0, 0x1f
      csrw pmpcfg0, t0
      li t0, 0x80080010
      csrw satp, t0
      la t0, user
      li t1, 0x40000000
      sub t0, t0, t1
      csrw mepc, t0
      mret
      user:
      li a0, 1
      ecall
      handler:
      csrr a1, mcause
      csrr a2, mepc
      csrr a3, mstatus
      end: j end
      `,
    );
    // 4 MiB at 0x40000000 are RAM, the user's; accessed and dirty already.
    machine.memory.store32(0x8001_0400, 0x2000_00df);
    expect(machine.run("end")).toEqual({ kind: "continue" });
    expect([10, 11, 12, 13].map((register) => machine.x(register))).toEqual([
      1n,
      8n,
      (machine.symbols.get("handler") ?? 0n) - 0x4000_0004n,
      0x80n & 0n,
    ]);
  });

  it("has 64-bit registers in halves", () => {
    const probe = new HartProbe(system);
    for (const name of ["stimecmp", "mcycle", "menvcfg"]) {
      probe.setRegister(name, 0n);
      probe.setRegister(`${name}h`, 0xe000_0000n);
      expect(probe.register(`${name}h`)).toBe(0xe000_0000n);
      expect(probe.register(name)).toBeLessThan(100n);
      probe.setRegister(name, 1n);
      expect(probe.register(`${name}h`)).toBe(0xe000_0000n);
    }
    probe.machine.time = 0x5_0000_0006n;
    expect([probe.register("time"), probe.register("timeh")]).toEqual([6n, 5n]);
    expect(probe.register("mstatush")).toBe(0n);
    expect(probe.register("pmpcfg3")).toBe(0n);
    const wide = new HartProbe(riscvSystem());
    wide.enter("machine");
    wide.execute("csrrs a0, 0x3a1, x0");
    expect(wide.read("mcause")).toBe(2n);
  });

  it("has an ASID of nine bits, and Sv32 or nothing", () => {
    const probe = new HartProbe(system);
    probe.setRegister("satp", 0xffff_ffffn);
    expect(probe.register("satp")).toBe(0xffff_ffffn);
    probe.enter("supervisor");
    const { context } = probe.machine.hart;
    probe.enter("machine");
    probe.setInteger(12, 0x3ffn);
    probe.execute("sfence.vma x0, a2");
    expect(probe.machine.flushes.at(-1)?.matches?.(context)).toBe(true);
    probe.setInteger(12, 0x0ffn);
    probe.execute("sfence.vma x0, a2");
    expect(probe.machine.flushes.at(-1)?.matches?.(context)).toBe(false);
  });
});
