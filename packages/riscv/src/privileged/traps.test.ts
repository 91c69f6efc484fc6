/** Traps, returns and interrupts against a naive reading of the manual. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { riscvSystem } from "./system.ts";
import { HartProbe, type ModeName, modes } from "./testing/hart-probe.ts";

const system = riscvSystem();
const modeName = fc.constantFrom<ModeName>("user", "supervisor", "machine");
const names = new Map<number, ModeName>(
  Object.entries(modes).map(([name, number]) => [number, name as ModeName]),
);
const status = fc.bigInt(0n, 0xff_ffffn);
const bit = (value: bigint, index: number): bigint => (value >> BigInt(index)) & 1n;
const vectors = { machine: 0x8000_4000n, supervisor: 0x8000_5000n } as const;

/** Instructions that trap in every mode: text, cause, trap value. */
const exceptions = (mode: ModeName): readonly (readonly [string, bigint, bigint | "pc"])[] => [
  ["ecall", BigInt(8 + modes[mode]), 0n],
  ["ebreak", 3n, "pc"],
  ["csrrw x0, cycle, x0", 2n, 0xc000_1073n],
  ["ld a0, 0(a1)", 5n, 0x10n],
  ["sd a0, 0(a1)", 7n, 0x10n],
  ["amoadd.d a0, a2, (a1)", 7n, 0x10n],
];

function withVectors(probe: HartProbe, isVectored: boolean): void {
  const mode = isVectored ? 1n : 0n;
  probe.setRegister("mtvec", vectors.machine | mode);
  probe.setRegister("stvec", vectors.supervisor | mode);
}

/** What mstatus is after a trap from `from` to `to`. */
function trapped(before: bigint, from: ModeName, to: "machine" | "supervisor"): bigint {
  const number = BigInt(modes[from]);
  if (to === "machine") {
    const kept = before & ~((1n << 3n) | (1n << 7n) | (3n << 11n));
    return kept | (bit(before, 3) << 7n) | (number << 11n);
  }
  const kept = before & ~((1n << 1n) | (1n << 5n) | (1n << 8n));
  return kept | (bit(before, 1) << 5n) | ((number & 1n) << 8n);
}

describe("an exception", () => {
  it("goes to the mode that it is delegated to, and says what and where", () => {
    const probe = new HartProbe(system);
    fc.assert(
      fc.property(
        modeName,
        fc.nat(5),
        status,
        fc.bigInt(0n, 0xffffn),
        fc.boolean(),
        (mode, which, given, delegated, isVectored) => {
          const [text, cause, value] = exceptions(mode)[which] ?? ["ecall", 8n, 0n];
          probe.reset();
          withVectors(probe, isVectored);
          probe.setRegister("medeleg", delegated);
          // Accesses of machine mode are to be its own.
          probe.setRegister("mstatus", given & ~(1n << 17n));
          const before = probe.register("mstatus") ?? 0n;
          probe.enter(mode);
          probe.setInteger(11, 0x10n);
          probe.execute(text);
          const isDelegated = mode !== "machine" && cause !== 11n && bit(delegated, Number(cause));
          const to = isDelegated ? "supervisor" : "machine";
          const letter = to === "machine" ? "m" : "s";
          expect(probe.mode).toBe(to);
          // Exceptions don't use the table of a vectored handler.
          expect(probe.pc).toBe(vectors[to]);
          expect(probe.read(`${letter}cause`)).toBe(cause);
          expect(probe.read(`${letter}epc`)).toBe(0x8000_8000n);
          expect(probe.read(`${letter}tval`)).toBe(value === "pc" ? 0x8000_8000n : value);
          expect(probe.register("mstatus")).toBe(trapped(before, mode, to));
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe("mret and sret", () => {
  it("return to the mode before, restore the enable, and end MPRV outside of machine mode", () => {
    const probe = new HartProbe(system);
    fc.assert(
      fc.property(
        modeName,
        fc.boolean(),
        status,
        fc.bigInt(0n, 1n << 20n),
        (mode, isM, given, pc) => {
          probe.reset();
          probe.setRegister("mstatus", given);
          probe.setRegister("mepc", pc);
          probe.setRegister("sepc", pc);
          const before = probe.register("mstatus") ?? 0n;
          probe.enter(mode);
          probe.execute(isM ? "mret" : "sret");
          const isTrapped = mode === "supervisor" && bit(before, 22) === 1n;
          const isLegal = isM ? mode === "machine" : mode !== "user" && !isTrapped;
          if (!isLegal) {
            expect(probe.read("mcause")).toBe(2n);
            expect(probe.read("mtval")).toBe(isM ? 0x3020_0073n : 0x1020_0073n);
            return;
          }
          const to = isM ? Number((before >> 11n) & 3n) : Number(bit(before, 8));
          expect(probe.pc).toBe(pc & ~1n);
          expect(probe.mode).toBe(names.get(to));
          const [enable, previous, mask] = isM ? [3n, 7, 3n << 11n] : [1n, 5, 1n << 8n];
          let after = before & ~((1n << enable) | mask);
          after |= (bit(before, previous) << enable) | (1n << BigInt(previous));
          if (to !== modes.machine) after &= ~(1n << 17n);
          expect(probe.register("mstatus")).toBe(after);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("an interrupt", () => {
  const all = [11, 3, 7, 9, 1, 5] as const;

  it("is taken by priority, delegation, mode and enables, at its entry of a vectored table", () => {
    const probe = new HartProbe(system);
    let taken = 0;
    fc.assert(
      fc.property(
        modeName,
        fc.subarray([...all]),
        fc.subarray([...all]),
        fc.subarray([1, 5, 9]),
        status,
        fc.boolean(),
        (mode, pending, enabled, delegated, given, isVectored) => {
          const set = (list: readonly number[]): bigint =>
            list.reduce((mask, number) => mask | (1n << BigInt(number)), 0n);
          probe.reset();
          withVectors(probe, isVectored);
          probe.setRegister("mideleg", set(delegated));
          const { hart } = probe.machine;
          for (const wire of all) hart.setInterrupt(wire, pending.includes(wire));
          probe.setRegister("mip", set(pending));
          probe.setRegister("mstatus", given & ~((1n << 1n) | (1n << 3n)));
          probe.setRegister("mie", set(enabled));
          probe.enter("machine");
          const { state } = probe.machine.engine;
          state.write("mstatus", 0, given & 0x7e_198aan);
          const before = state.read("mstatus");
          probe.enter(mode);
          const candidates = all.filter((n) => pending.includes(n) && enabled.includes(n));
          const isOpen = (to: ModeName): boolean =>
            modes[mode] < modes[to] ||
            (mode === to && bit(before, to === "machine" ? 3 : 1) === 1n);
          const toMachine = candidates.filter((n) => !delegated.includes(n));
          const toSupervisor = candidates.filter((n) => delegated.includes(n));
          const expected =
            isOpen("machine") && toMachine[0] !== undefined
              ? (["machine", toMachine[0]] as const)
              : isOpen("supervisor") && toSupervisor[0] !== undefined
                ? (["supervisor", toSupervisor[0]] as const)
                : undefined;
          const { pc } = probe;
          expect(hart.isAwake).toBe(candidates.length > 0);
          expect(hart.takeInterrupt()).toBe(expected !== undefined);
          for (const wire of all) hart.setInterrupt(wire, false);
          if (!expected) {
            expect([probe.pc, probe.mode, state.read("mstatus")]).toEqual([pc, mode, before]);
            return;
          }
          taken += 1;
          const [to, number] = expected;
          const letter = to === "machine" ? "m" : "s";
          expect(probe.mode).toBe(to);
          expect(probe.pc).toBe(vectors[to] + (isVectored ? BigInt(4 * number) : 0n));
          expect(probe.read(`${letter}cause`)).toBe((1n << 63n) | BigInt(number));
          expect(probe.read(`${letter}epc`)).toBe(pc);
          expect(probe.read(`${letter}tval`)).toBe(0n);
          expect(state.read("mstatus")).toBe(trapped(before, mode, to));
        },
      ),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it("comes right behind the instruction that enables it", () => {
    const probe = new HartProbe(system);
    withVectors(probe, false);
    probe.setRegister("mideleg", 2n);
    probe.setRegister("mie", 2n);
    probe.setRegister("mip", 2n);
    probe.enter("supervisor");
    probe.execute("csrrsi x0, sstatus, 2");
    expect(probe.wentOn).toBe(true);
    expect(probe.machine.hart.takeInterrupt()).toBe(true);
    expect(probe.read("sepc")).toBe(0x8000_8004n);
  });
});

describe("wfi", () => {
  it("waits until an interrupt is pending that mie enables, whatever mstatus and mideleg say", () => {
    const probe = new HartProbe(system);
    for (const mode of ["machine", "supervisor"] as const) {
      probe.reset();
      probe.setRegister("mie", 0x80n);
      // In machine mode with MIE off; in supervisor mode it would be taken.
      probe.enter(mode);
      expect(probe.execute("wfi")).toEqual({ kind: "idle" });
      expect(probe.wentOn).toBe(true);
      const { hart } = probe.machine;
      hart.setInterrupt(3, true);
      expect(hart.isAwake).toBe(false);
      hart.setInterrupt(7, true);
      expect(hart.isAwake).toBe(true);
      expect(hart.takeInterrupt()).toBe(mode === "supervisor");
      hart.setInterrupt(7, false);
      hart.setInterrupt(3, false);
    }
    probe.reset();
    probe.setRegister("mie", 2n);
    probe.setRegister("mip", 2n);
    expect(probe.execute("wfi")).toEqual({ kind: "continue" });
  });

  it("is illegal in user mode, and in supervisor mode with TW", () => {
    const probe = new HartProbe(system);
    const isLegal = (mode: ModeName): boolean => {
      probe.enter(mode);
      probe.execute("wfi");
      return probe.wentOn;
    };
    expect(isLegal("user")).toBe(false);
    probe.setRegister("mstatus", 1n << 21n);
    expect(isLegal("supervisor")).toBe(false);
    expect(isLegal("machine")).toBe(true);
  });
});
