/** Translation contexts, fences and what an engine sees of both. */
import { interpreter, reference } from "@isovm/interpreter";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LargePages } from "./large-pages.ts";
import { riscvSystem } from "./system.ts";
import { HartProbe, type ModeName } from "./testing/hart-probe.ts";
import { ramBase, TestMachine } from "./testing/test-machine.ts";

const system = riscvSystem();

describe("the context of translations", () => {
  const roots = [
    0n,
    (8n << 60n) | 0x8_0001n,
    (8n << 60n) | (5n << 44n) | 0x8_0001n,
    (9n << 60n) | 0x8_0001n,
  ];
  const setting = fc.record({
    mode: fc.constantFrom<ModeName>("user", "supervisor", "machine"),
    root: fc.constantFrom(...roots),
    status: fc.bigInt(0n, 0xf_ffffn).map((bits) => bits & 0xe_1800n),
    environment: fc.constantFrom(0n, 1n << 61n, 1n << 62n, 3n << 61n),
    protection: fc.constantFrom(0x1fn, 0x19n, 0x1an, 0x9fn),
  });

  it("tells states apart in which any access could have another result", () => {
    const probe = new HartProbe(system);
    const { hart, memory } = probe.machine;
    const fill = (): void => {
      // Gigabytes of several permissions, under one root that serves as a table of Sv48, too.
      const entries = [0x0n, 0x2000_0053n, 0x2000_00cfn, 0x2000_004bn, 0x2000_005bn, 0x2000_0401n];
      entries.forEach((entry, index) => {
        memory.store32(0x8000_1000 + 8 * index, Number(entry));
        memory.store32(0x8000_1004 + 8 * index, index === 2 ? 1 << 29 : 0);
      });
    };
    const observe = (
      given: typeof setting extends fc.Arbitrary<infer T> ? T : never,
    ): readonly [string, string] => {
      probe.reset();
      probe.setRegister("menvcfg", given.environment);
      probe.setRegister("satp", given.root);
      probe.setRegister("pmpcfg0", given.protection);
      probe.setRegister("mstatus", given.status);
      probe.enter(given.mode);
      const results: number[] = [];
      for (let gigabyte = 0n; gigabyte < 6n; gigabyte += 1n) {
        for (const access of ["read", "write", "fetch"] as const) {
          fill();
          results.push(hart.translate(gigabyte << 30n, access));
        }
      }
      return [hart.context, results.join()];
    };
    const seen = new Map<string, string>();
    let differing = 0;
    fc.assert(
      fc.property(setting, (given) => {
        const [context, results] = observe(given);
        const known = seen.get(context);
        if (known === undefined) {
          if (![...seen.values()].includes(results)) differing += 1;
          seen.set(context, results);
        } else expect(results).toBe(known);
      }),
      { numRuns: 500 },
    );
    expect(differing).toBeGreaterThan(8);
  });
});

describe("MPRV", () => {
  it("gives loads and stores of machine mode the privilege and translation of MPP, not fetches", () => {
    const probe = new HartProbe(system);
    const { hart, memory } = probe.machine;
    // Root at 0x80001000: one gigabyte at 0x80000000 is the user's, read-only.
    probe.setRegister("satp", (8n << 60n) | 0x8_0001n);
    memory.store32(0x8000_1010, 0x2000_0053);
    const attempt = (status: bigint, access: "read" | "write" | "fetch"): number => {
      probe.setRegister("mstatus", status);
      return hart.translate(0x8000_0123n, access);
    };
    const mprv = 1n << 17n;
    expect(attempt(mprv, "read")).toBe(0x8000_0123);
    expect(attempt(mprv, "write")).toBe(-1);
    expect(attempt(mprv, "fetch")).toBe(0x8000_0123);
    expect(attempt(mprv | (1n << 11n), "read")).toBe(-1);
    expect(attempt(mprv | (1n << 11n) | (1n << 18n), "read")).toBe(0x8000_0123);
    expect(attempt(mprv | (3n << 11n), "write")).toBe(0x8000_0123);
    expect(attempt(0n, "write")).toBe(0x8000_0123);
  });
});

describe("sfence.vma", () => {
  const fenced = (operands: string): TestMachine["flushes"][number] | undefined => {
    const probe = new HartProbe(system);
    probe.setInteger(11, 0x12345_6789n);
    probe.setInteger(12, 7n);
    const before = probe.machine.flushes.length;
    probe.execute(`sfence.vma ${operands}`);
    expect(probe.wentOn).toBe(true);
    expect(probe.machine.flushes.length).toBe(before + 1);
    return probe.machine.flushes.at(-1);
  };
  const contextOf = (asid: bigint): string => {
    const probe = new HartProbe(system);
    probe.setRegister("satp", (8n << 60n) | (asid << 44n) | 0x8_0001n);
    probe.enter("supervisor");
    return probe.machine.hart.context;
  };

  it("drops all, one address, one address space, or one address of one address space", () => {
    expect(fenced("x0, x0")).toEqual({ page: undefined, matches: undefined });
    expect(fenced("a1, x0")).toEqual({ page: 0x12345_6789n, matches: undefined });
    for (const [operands, page] of [
      ["x0, a2", undefined],
      ["a1, a2", 0x12345_6789n],
    ] as const) {
      const flush = fenced(operands);
      expect(flush?.page).toBe(page);
      expect(flush?.matches?.(contextOf(7n))).toBe(true);
      expect(flush?.matches?.(contextOf(6n))).toBe(false);
      expect(flush?.matches?.(contextOf(0n))).toBe(false);
    }
  });

  it("of an address in a page of a megabyte or more drops all of that page", () => {
    const probe = new HartProbe(system);
    const { machine } = probe;
    probe.setRegister("satp", (8n << 60n) | 0x8_0001n);
    machine.memory.store32(0x8000_1010, 0x2000_00cf);
    probe.enter("supervisor");
    expect(machine.hart.translate(0x8012_3456n, "read")).toBe(0x8012_3456);
    probe.enter("machine");
    probe.setInteger(11, 0x8765_4321n);
    probe.execute("sfence.vma a1, x0");
    expect(machine.flushes.at(-1)?.page).toBeUndefined();
    probe.setInteger(11, 0xc000_0000n);
    probe.execute("sfence.vma a1, x0");
    expect(machine.flushes.at(-1)?.page).toBe(0xc000_0000n);
  });
});

describe("large pages", () => {
  it("are remembered until every hart has dropped all translations since", () => {
    type Step = { readonly hart: number; readonly page: number | undefined };
    const step: fc.Arbitrary<Step> = fc.record({
      hart: fc.nat(2),
      page: fc.option(fc.nat(4095), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(4095), (steps, asked) => {
        const pages = new LargePages();
        for (const hart of [0, 1, 2]) pages.add(hart);
        /** Pages noted, with the harts that may still hold translations of them. */
        let live: { page: number; harts: Set<number> }[] = [];
        for (const { hart, page } of steps) {
          if (page === undefined) {
            pages.dropped(hart);
            for (const entry of live) entry.harts.delete(hart);
            live = live.filter(({ harts }) => harts.size > 0);
          } else {
            pages.note(page, 512);
            live.push({ page, harts: new Set([0, 1, 2]) });
          }
        }
        const isLive = live.some(({ page }) => page >> 9 === asked >> 9);
        // More than that may be remembered; never less.
        if (isLive) expect(pages.has(asked)).toBe(true);
      }),
    );
    const pages = new LargePages();
    pages.add(0);
    pages.note(5, 512);
    expect(pages.has(511)).toBe(true);
    expect(pages.has(512)).toBe(false);
    pages.dropped(0);
    pages.dropped(0);
    expect(pages.has(511)).toBe(false);
  });
});

describe.each([
  ["reference", reference],
  ["interpreter", interpreter],
] as const)("an engine's view (%s)", (_, engine) => {
  /** Maps RAM one to one but for the page at `hole`, in tables at 0x80010000. */
  const machineWith = (source: string, hole: number): TestMachine => {
    const machine = new TestMachine(system, engine, source);
    const { memory } = machine;
    const put = (address: number, entry: number): boolean => memory.store32(address, entry);
    put(0x8001_0010, 0x2000_4401);
    put(0x8001_1000, 0x2000_4801);
    for (let page = 0; page < 256; page += 1) {
      const frame = ramBase / 4096 + page;
      put(0x8001_2000 + 8 * page, frame * 4096 === hole ? 0 : frame * 1024 + 0xcf);
    }
    return machine;
  };
  const enter = `
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    li t0, 0x8000000000080010
    csrw satp, t0
    li t0, 0x800
    csrw mstatus, t0
    la t0, handler
    csrw mtvec, t0
    la t0, supervisor
    csrw mepc, t0
    mret
    handler:
      csrr a0, mcause
      csrr a1, mtval
      csrr a2, mepc
    end: j end
  `;

  it("faults at the second half of an instruction that straddles into an unmapped page", () => {
    const machine = machineWith(
      `${enter}
      .balign 4096
      .zero 4080
      supervisor:
      li t1, 5
      li t2, 6
      li t3, 7
      .half 0x0001
      add t0, t1, t2
      `,
      0x8000_2000,
    );
    expect(machine.run("end")).toEqual({ kind: "continue" });
    expect([machine.x(10), machine.x(11), machine.x(12)]).toEqual([
      12n,
      0x8000_2000n,
      0x8000_1ffen,
    ]);
  });

  it("faults at the second page of a load and a store that straddle, without a partial store", () => {
    for (const [text, cause] of [
      ["ld t1, 0(t0)", 13n],
      ["sd t0, 0(t0)", 15n],
    ] as const) {
      const machine = machineWith(
        `${enter}
        supervisor:
        li t0, 0x80002ffd
        ${text}
        `,
        0x8000_3000,
      );
      const before = machine.memory.read(0x8000_2ff8, 8);
      expect(machine.run("end")).toEqual({ kind: "continue" });
      expect([machine.x(10), machine.x(11)]).toEqual([cause, 0x8000_3000n]);
      expect(machine.memory.read(0x8000_2ff8, 8)).toEqual(before);
    }
  });

  it("is what page tables say after a fence", () => {
    const machine = machineWith(
      `${enter}
      supervisor:
      li t0, 0x80040000
      li t1, 0x80050000
      li t2, 0x11
      li t3, 0x22
      sd t2, 0(t0)
      sd t3, 0(t1)
      ld a3, 0(t0)
      li t4, 0x80012200
      li t5, 0x200140cf
      sd t5, 0(t4)
      sfence.vma t0
      ld a4, 0(t0)
      j end
      `,
      0,
    );
    expect(machine.run("end")).toEqual({ kind: "continue" });
    expect([machine.x(13), machine.x(14)]).toEqual([0x11n, 0x22n]);
  });
});
