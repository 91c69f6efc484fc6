/** Control registers that are views of others, and accesses that another register opens. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { riscvSystem } from "./system.ts";
import { HartProbe, type ModeName } from "./testing/hart-probe.ts";

const system = riscvSystem();
const word = fc.oneof(
  fc.bigInt(0n, (1n << 64n) - 1n),
  fc.nat(63).map((bit) => 1n << BigInt(bit)),
  fc.constantFrom(0n, (1n << 64n) - 1n),
);

describe("views", () => {
  it("sstatus is mstatus seen through a mask", () => {
    const probe = new HartProbe(system);
    const mask = 0xd_e122n | (3n << 32n) | (1n << 63n);
    fc.assert(
      fc.property(word, word, (machine, supervisor) => {
        probe.setRegister("mstatus", machine);
        const before = probe.register("mstatus") ?? 0n;
        expect(probe.register("sstatus")).toBe(before & mask);
        probe.setRegister("sstatus", supervisor);
        const after = probe.register("mstatus") ?? 0n;
        const hidden = ~mask;
        expect(after & hidden).toBe(before & hidden);
        expect(after & 0xc_6122n).toBe(supervisor & 0xc_6122n);
      }),
      { numRuns: 200 },
    );
  });

  it("sie and sip are mie and mip of what is delegated", () => {
    const probe = new HartProbe(system);
    fc.assert(
      fc.property(word, word, word, word, (delegated, enabled, pending, written) => {
        probe.setRegister("mideleg", delegated);
        probe.setRegister("mie", enabled);
        probe.setRegister("mstatus", 0n);
        probe.setRegister("mip", pending);
        const register = (name: string): bigint => probe.register(name) ?? 0n;
        const mask = register("mideleg");
        expect(register("mip")).toBe(pending & 0x222n);
        expect(register("sip")).toBe(pending & mask);
        expect(register("sie")).toBe(enabled & mask);
        probe.setRegister("sie", written);
        expect(register("mie")).toBe((enabled & 0xaaan & ~mask) | (written & mask));
        probe.setRegister("sip", written);
        expect(register("mip")).toBe((pending & 0x222n & ~(mask & 2n)) | (written & mask & 2n));
      }),
      { numRuns: 200 },
    );
  });

  it("mip shows the external wire, which csrrs doesn't make software's", () => {
    const probe = new HartProbe(system);
    probe.machine.hart.setInterrupt(9, true);
    expect(probe.register("mip")).toBe(0x200n);
    probe.enter("machine");
    probe.execute("csrrsi a0, mip, 2");
    expect(probe.read(10)).toBe(0x200n);
    probe.machine.hart.setInterrupt(9, false);
    expect(probe.register("mip")).toBe(2n);
    probe.setRegister("mip", 0x200n);
    expect(probe.register("mip")).toBe(0x200n);
  });

  it("machine-level wires can't be written", () => {
    const probe = new HartProbe(system);
    probe.machine.hart.setInterrupt(3, true);
    probe.machine.hart.setInterrupt(7, true);
    probe.setRegister("mip", 0n);
    expect(probe.register("mip")).toBe(0x88n);
    probe.machine.hart.setInterrupt(3, false);
    expect(probe.register("mip")).toBe(0x80n);
  });
});

describe("access", () => {
  const legal = (probe: HartProbe, mode: ModeName, text: string): boolean => {
    probe.enter(mode);
    probe.execute(text);
    return probe.wentOn;
  };

  it("to counters is enabled for supervisor mode by mcounteren, for user mode by scounteren too", () => {
    const probe = new HartProbe(system);
    fc.assert(
      fc.property(fc.nat(31), word, word, (counter, machine, supervisor) => {
        probe.setRegister("mcounteren", machine);
        probe.setRegister("scounteren", supervisor);
        const has = (value: bigint): boolean => ((value >> BigInt(counter)) & 1n) === 1n;
        const text = `csrrs a0, ${0xc00 + counter}, x0`;
        expect(legal(probe, "machine", text)).toBe(true);
        expect(legal(probe, "supervisor", text)).toBe(has(machine));
        expect(legal(probe, "user", text)).toBe(has(machine) && has(supervisor));
      }),
      { numRuns: 60 },
    );
  });

  it("to satp and fences is trapped by TVM, to stimecmp opened by TM and STCE", () => {
    const probe = new HartProbe(system);
    probe.setRegister("mstatus", 1n << 20n);
    expect(legal(probe, "supervisor", "csrrs a0, satp, x0")).toBe(false);
    expect(legal(probe, "supervisor", "sfence.vma")).toBe(false);
    expect(legal(probe, "supervisor", "sinval.vma x0, x0")).toBe(false);
    expect(legal(probe, "supervisor", "sfence.w.inval")).toBe(true);
    expect(legal(probe, "machine", "csrrs a0, satp, x0")).toBe(true);
    expect(legal(probe, "user", "sfence.inval.ir")).toBe(false);
    for (const enable of [0n, 2n]) {
      for (const environment of [0n, 1n << 63n]) {
        probe.setRegister("mcounteren", enable);
        probe.setRegister("menvcfg", environment);
        const isOpen = enable !== 0n && environment !== 0n;
        expect(legal(probe, "supervisor", "csrrs a0, stimecmp, x0")).toBe(isOpen);
      }
    }
  });

  it("to floating-point registers needs FS, which a write makes dirty", () => {
    const probe = new HartProbe(system);
    expect(legal(probe, "machine", "frflags a0")).toBe(false);
    expect(legal(probe, "machine", "fadd.d f1, f2, f3")).toBe(false);
    probe.setRegister("mstatus", 1n << 13n);
    expect(legal(probe, "machine", "frflags a0")).toBe(true);
    expect(probe.register("mstatus")).toBe((0xan << 32n) | (1n << 13n));
    expect(legal(probe, "user", "fadd.d f1, f2, f3")).toBe(true);
    expect(probe.register("mstatus")).toBe((1n << 63n) | (0xan << 32n) | (3n << 13n));
  });

  it("counts instructions: what was written is read next, and stands still when inhibited", () => {
    const probe = new HartProbe(system);
    probe.setRegister("minstret", 1000n);
    probe.execute("csrrs a0, minstret, x0");
    expect(probe.read(10)).toBe(1000n);
    probe.execute("nop");
    probe.execute("csrrs a0, minstret, x0");
    expect(probe.read(10)).toBe(1002n);
    probe.setRegister("mcountinhibit", 4n);
    const stopped = probe.register("minstret");
    expect(probe.register("minstret")).toBe(stopped);
    expect(probe.register("mcycle")).not.toBe(probe.register("mcycle"));
  });
});
