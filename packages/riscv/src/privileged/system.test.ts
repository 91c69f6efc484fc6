/** Programs in machine, supervisor and user mode, on every engine. */
import { interpreter, reference } from "@isovm/interpreter";
import { lintIsa } from "@isovm/isa-spec";
import { describe, expect, it } from "vitest";
import { riscvSystem } from "./system.ts";
import { TestMachine } from "./testing/test-machine.ts";

const system = riscvSystem();

/** A page table that maps 1 GiB pages one to one, for supervisor mode, and 0x40000000 to RAM. */
const tables = `
  .balign 4096
  root:
    .dword 0
    .dword 0x200000cf
    .dword 0x200000cf
    .zero 4072
`;

/** Goes to supervisor mode at \`label\` with memory open to all. */
const toSupervisor = (label: string): string => `
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  li t0, 0x800
  csrw mstatus, t0
  la t0, ${label}
  csrw mepc, t0
  mret
`;

describe.each([
  ["reference", reference],
  ["interpreter", interpreter],
] as const)("a hart of the %s engine", (_, engine) => {
  const run = (source: string, label = "end"): TestMachine => {
    const machine = new TestMachine(system, engine, source);
    expect(machine.run(label)).toEqual({ kind: "continue" });
    return machine;
  };

  it("delegates a call from user mode and returns behind it", () => {
    const machine = run(`
      la t0, handler
      csrw stvec, t0
      li t0, 0x100
      csrw medeleg, t0
      ${toSupervisor("supervisor")}
      supervisor:
        la t0, user
        csrw sepc, t0
        sret
      user:
        li a0, 1
        ecall
        addi a0, a0, 1
      end: j end
      handler:
        csrr a1, scause
        csrr a2, sstatus
        csrr t0, sepc
        addi t0, t0, 4
        csrw sepc, t0
        sret
    `);
    expect(machine.x(10)).toBe(2n);
    expect(machine.x(11)).toBe(8n);
    expect(machine.x(12)).toBe(0x2_0000_0000n);
  });

  it("translates by Sv39 and raises page faults with the address", () => {
    const machine = run(`
      la t0, handler
      csrw mtvec, t0
      ${toSupervisor("supervisor")}
      supervisor:
        la t0, root
        srli t0, t0, 12
        li t1, 8
        slli t1, t1, 60
        or t0, t0, t1
        csrw satp, t0
        sfence.vma
        la t0, word
        li t1, 0x40000000
        sub t0, t0, t1
        ld a0, 0(t0)
        li t0, 0x123456
        fault: sd a0, 0(t0)
      end: j end
      handler:
        csrr a1, mcause
        csrr a2, mtval
        csrr a3, mepc
        la t0, end
        csrw mepc, t0
        j end
      .balign 8
      word: .dword 0x1122334455667788
      ${tables}
    `);
    expect(machine.x(10)).toBe(0x1122334455667788n);
    expect(machine.x(11)).toBe(15n);
    expect(machine.x(12)).toBe(0x123456n);
    expect(machine.x(13)).toBe(machine.symbols.get("fault"));
  });

  it("is woken by the timer of Sstc", () => {
    const machine = new TestMachine(
      system,
      engine,
      `
      la t0, handler
      csrw mtvec, t0
      la t0, handler
      csrw stvec, t0
      li t0, 0x8000000000000000
      csrw menvcfg, t0
      li t0, 2
      csrw mcounteren, t0
      li t0, 0x20
      csrw mideleg, t0
      ${toSupervisor("supervisor")}
      supervisor:
        li t0, 100
        csrw stimecmp, t0
        csrsi sie, 0
        li t0, 0x20
        csrs sie, t0
        csrsi sstatus, 2
        wfi
      after: j after
      handler:
        csrr a0, scause
        csrr a1, sip
        csrr a2, time
      end: j end
    `,
    );
    expect(machine.run()).toEqual({ kind: "idle" });
    expect(machine.hart.isAwake).toBe(false);
    machine.advance(99n);
    expect(machine.hart.isAwake).toBe(false);
    machine.advance(100n);
    expect(machine.hart.isAwake).toBe(true);
    expect(machine.run("end")).toEqual({ kind: "continue" });
    expect(machine.x(10)).toBe(0x8000_0000_0000_0005n);
    expect(machine.x(11)).toBe(0x20n);
    expect(machine.x(12)).toBe(100n);
    expect(machine.engine.state.read("sepc")).toBe(machine.symbols.get("after"));
  });
});

describe("the privileged ISA", () => {
  it("passes the lints", () => {
    expect(lintIsa(system.isa)).toEqual([]);
    expect(lintIsa(riscvSystem({ xlen: 32 }).isa)).toEqual([]);
  });
});
