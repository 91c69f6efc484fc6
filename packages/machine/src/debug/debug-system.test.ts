import { assemble } from "@isovm/decoder";
import { type PowerEvent, virt } from "@isovm/devices";
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { riscvSystem } from "@isovm/riscv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SystemVm, systemVm } from "../system/system-vm.ts";
import { debugSystem } from "./debug-system.ts";
import { GdbStub } from "./gdb/stub.ts";
import { systemDebugTarget } from "./system-debug-target.ts";
import { Remote } from "./testing/remote.ts";

const ram = 0x8000_0000;
const architecture = riscvSystem();

function machine(source: string, options: { harts?: number; engine?: EngineFactory } = {}) {
  const { harts = 1, engine = interpreter } = options;
  const board = virt({
    harts,
    console: { transmit: () => undefined },
    power: (event: PowerEvent) => vm.end(event),
  });
  const vm: SystemVm = systemVm({
    architecture,
    engine,
    board,
    harts,
    memoryBytes: 2 ** 20,
    turnInstructions: 100,
  });
  const program = assemble(architecture.isa, source, { origin: BigInt(ram) });
  vm.memory.write(ram, program.bytes);
  for (let hart = 0; hart < harts; hart += 1) vm.startHart(hart, BigInt(ram));
  const address = (label: string): string => {
    const value = program.symbols.get(label);
    if (value === undefined) throw new Error(`no label ${label}`);
    return value.toString(16);
  };
  return { vm, address };
}

/** A machine at its first instruction with a debugger connected. */
function debugged(
  source: string,
  options: { harts?: number; engine?: EngineFactory; fuel?: number } = {},
) {
  const { vm, address } = machine(source, options);
  return { vm, address, ...debug(vm, options.fuel) };
}

/** Connects a debugger to a machine that doesn't run yet. */
function debug(vm: SystemVm, fuel = Number.POSITIVE_INFINITY) {
  const stub = new GdbStub(systemDebugTarget(vm));
  const remote = new Remote(stub);
  const end = debugSystem(vm, stub, {
    idle: "wait",
    fuel,
  });
  return { stub, remote, end };
}

/** The value in an answer to `p`. */
function value(answer: string | undefined): bigint {
  return BigInt(`0x${answer?.match(/../g)?.reverse().join("")}`);
}

const powerOff = `
      li   t0, 0x100000
      li   t1, 0x33333
      sw   t1, 0(t0)
hang: j    hang`;

describe("a debugged machine", () => {
  it("stands still until the debugger has it go on, and tells how it ended", async () => {
    const { vm, stub, remote, end } = debugged(powerOff);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(vm.executed).toBe(0n);
    expect(remote.ask("?")).toBe("T05thread:1;");
    remote.send("c");
    expect(await end).toEqual({ kind: "poweroff", code: 3 });
    stub.ended({ kind: "exited", code: 3 });
    expect(remote.received).toEqual(["W03"]);
    expect(remote.ask("g")).toBe("W03");
  });

  it("describes its registers, those of the ISA first and the hart's behind", () => {
    const { remote } = debugged(powerOff);
    expect(remote.ask("qSupported:swbreak+;xmlRegisters=i386")).toContain("qXfer:features:read+");
    const read = (range: string) => remote.ask(`qXfer:features:read:target.xml:${range}`);
    let text = "";
    for (;;) {
      const part = read(`${text.length.toString(16)},400`) ?? "";
      text += part.slice(1);
      if (part.startsWith("l")) break;
      expect(part).toHaveLength(1 + 0x400);
    }
    expect(text).toContain("<architecture>riscv:rv64</architecture>");
    const names = [...text.matchAll(/<reg name="([^"]+)"/g)].map(([, name]) => name);
    expect(names.slice(0, 3)).toEqual(["zero", "ra", "sp"]);
    expect(names[32]).toBe("pc");
    expect(names.slice(65, 69)).toEqual(["fflags", "frm", "fcsr", "mvendorid"]);
    expect(names.at(-1)).toBe("priv");
    expect(new Set(names).size).toBe(names.length);
    expect(remote.ask("qXfer:features:read:other.xml:0,400")).toBe("E00");
    expect(remote.ask("qXfer:auxv:read::0,400")).toBe("E00");
    expect(remote.ask(`p${(names.length - 1).toString(16)}`)).toBe("0300000000000000");
    expect(remote.ask(`p${names.length.toString(16)}`)).toBe("E22");
    const general = remote.ask("g") ?? "";
    expect(general).toHaveLength(2 * (8 * 65 + 3 * 4));
    expect(general.slice(32 * 16, 33 * 16)).toBe("0000008000000000");
  });

  it("has its registers changed", () => {
    const { vm, remote } = debugged(powerOff);
    expect(remote.ask("Pa=8877665544332211")).toBe("OK");
    expect(vm.engine.state.read("x", 10)).toBe(0x1122334455667788n);
    expect(remote.ask("pa")).toBe("8877665544332211");
    expect(remote.ask("P0=0100000000000000")).toBe("OK");
    expect(remote.ask("p0")).toBe("0000000000000000");
    // fcsr is two registers of the state.
    expect(remote.ask("P43=e5000000")).toBe("OK");
    expect([vm.engine.state.read("fflags"), vm.engine.state.read("frm")]).toEqual([5n, 7n]);
    expect(remote.ask("p43")).toBe("e5000000");
    const all = remote.ask("g") ?? "";
    expect(remote.ask(`G${all.replaceAll("88776655", "11111111")}`)).toBe("OK");
    expect(vm.engine.state.read("x", 10)).toBe(0x1122334411111111n);
    for (const wrong of ["G00", "Pa=88", "Pa", "P=00", "Pzz=0100000000000000", "p", "p-1"]) {
      expect(remote.ask(wrong)).toBe("E22");
    }
  });

  it("shows RAM as the hart's translation has it, and leaves no trace", () => {
    const { vm, remote } = debugged(powerOff);
    const table = ram + 0x10000;
    // A leaf of a gibibyte for 0x4000_0000: readable by nobody in this mode, and never accessed.
    vm.memory.store32(table + 8, ((ram / 4096) << 10) | 0x8 | 0x10 | 1);
    const priv =
      vm.inspect(0, (_, hart) => hart.debugger?.features.flatMap((f) => f.registers)) ?? [];
    const numberOf = (name: string) =>
      (68 + priv.findIndex((register) => register.name === name)).toString(16);
    const satp = (8n << 60n) | BigInt(table / 4096);
    const digits = satp.toString(16).padStart(16, "0").match(/../g)?.reverse().join("");
    expect(remote.ask("m40000000,4")).toBe("E14");
    expect(remote.ask(`P${numberOf("satp")}=${digits}`)).toBe("OK");
    expect(remote.ask(`P${numberOf("priv")}=0100000000000000`)).toBe("OK");
    const before = vm.memory.read(ram, 16);
    expect(remote.ask("m40000000,10")).toBe(Buffer.from(before ?? []).toString("hex"));
    expect(remote.ask("m80000000,4")).toBe("E14");
    expect(vm.memory.load32(table + 8)).toBe(((ram / 4096) << 10) | 0x8 | 0x10 | 1);
    expect(remote.ask("M40000ffe,4:01020304")).toBe("OK");
    expect(vm.memory.read(ram + 0xffe, 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(remote.ask("X40000fff,2:\x7d\x23")).toBe("OK");
    expect(vm.memory.read(ram + 0xffe, 4)).toEqual(Uint8Array.of(1, 0x7d, 0x23, 4));
    expect(remote.ask("X0,0:")).toBe("OK");
  });

  it("answers what can't be read or written by an error, and what there is of the rest", () => {
    const { remote } = debugged(powerOff);
    expect(remote.ask("m800ffffe,8")).toBe("0000");
    // Devices aren't looked at: a look could change them.
    expect(remote.ask("m10000000,1")).toBe("E14");
    expect(remote.ask("M800ffffe,4:00000000")).toBe("E14");
    expect(remote.ask("mffffffffffffffff,4")).toBe("E14");
    for (const wrong of ["m", "m80000000", "m,4", "m80000000,", "m80000000,1,2", "M0,1:zz"]) {
      expect(remote.ask(wrong)).toBe("E22");
    }
    expect(remote.ask("M80000000,2:00")).toBe("E22");
    expect(remote.ask("M80000000,1")).toBe("E22");
    expect(remote.ask("vMustReplyEmpty")).toBe("");
    expect(remote.ask("Z3,80000000,4")).toBe("");
    expect(remote.ask("Z2,80000000,1001")).toBe("E22");
    expect(remote.ask("vconstructor")).toBe("");
    expect(remote.ask("")).toBe("");
  });

  it.each([
    ["interpreter", interpreter],
    ["reference", reference],
  ])(
    "stops at breakpoints, also at the first instruction of a trap handler: %s",
    async (_, engine) => {
      const { vm, address, remote } = debugged(
        `
          la   t0, handler
          csrw mtvec, t0
    loop: addi s0, s0, 1
          ecall
          j    loop
          .balign 4
    handler:
          csrr t1, mepc
          addi t1, t1, 4
          csrw mepc, t1
          mret`,
        { engine },
      );
      remote.ask("qSupported:swbreak+");
      expect(remote.ask(`Z0,${address("handler")},4`)).toBe("OK");
      expect(remote.ask(`Z1,${address("loop")},4`)).toBe("OK");
      for (const label of ["loop", "handler", "loop", "handler"]) {
        remote.send("c");
        expect(await remote.next()).toBe("T05thread:1;swbreak:;");
        expect(value(remote.ask("p20"))).toBe(BigInt(`0x${address(label)}`));
      }
      expect(vm.engine.state.read("x", 8)).toBe(2n);
      expect(remote.ask(`z0,${address("handler")},4`)).toBe("OK");
      expect(remote.ask(`z1,${address("loop")},4`)).toBe("OK");
      expect(vm.engine.breakpoints.size).toBe(0);
    },
  );

  it("steps one instruction, a trap and wfi included", async () => {
    const { remote, address } = debugged(`
          la   t0, handler
          csrw mtvec, t0
          ecall
          .balign 4
    handler:
          wfi
    behind: nop`);
    const step = async (): Promise<bigint> => {
      remote.send("vCont;s:1;c");
      expect(await remote.next()).toBe("T05thread:1;");
      return value(remote.ask("p20"));
    };
    const places = [];
    for (let count = 0; count < 5; count += 1) places.push((await step()) - BigInt(ram));
    expect(places.slice(0, 3)).toEqual([4n, 8n, 12n]);
    expect(places[3]).toBe(BigInt(`0x${address("handler")}`) - BigInt(ram));
    expect(places[4]).toBe(BigInt(`0x${address("behind")}`) - BigInt(ram));
  });

  it("stops behind the instruction that changes what is watched", async () => {
    const { remote, address, end } = debugged(`
          la   t0, watched
    loop: addi s0, s0, 1
          sw   zero, 4(t0)
          sw   s1, 0(t0)
    behind:
          srli s1, s0, 3
          beqz s2, loop
          ${powerOff}
          .balign 4
    watched:
          .word 0, 0`);
    expect(remote.ask(`Z2,${address("watched")},4`)).toBe("OK");
    for (const count of [9n, 17n]) {
      remote.send("c");
      expect(await remote.next()).toBe(`T05thread:1;watch:${address("watched")};`);
      expect(value(remote.ask("p20"))).toBe(BigInt(`0x${address("behind")}`));
      expect(value(remote.ask("p8"))).toBe(count);
    }
    expect(remote.ask(`z2,${address("watched")},4`)).toBe("OK");
    expect(remote.ask("P12=0100000000000000")).toBe("OK");
    remote.send("c");
    expect(await end).toEqual({ kind: "poweroff", code: 3 });
  });

  it("is interrupted, also where it waits", async () => {
    const { remote } = debugged("wfi\nloop: j loop");
    remote.send("c");
    await new Promise((resolve) => setTimeout(resolve, 5));
    remote.interrupt();
    expect(await remote.next()).toBe("T02thread:1;");
    expect(value(remote.ask("p20"))).toBe(BigInt(ram) + 4n);
  });

  it("shows its harts as threads, and steps each in the order of their turns", async () => {
    const source = `
          csrr s1, mhartid
    loop: addi s0, s0, 1
          j    loop`;
    const { vm, remote } = debugged(source, { harts: 2 });
    expect(remote.ask("qfThreadInfo")).toBe("m1,2");
    expect(remote.ask("qsThreadInfo")).toBe("l");
    expect(remote.ask("qThreadExtraInfo,2")).toBe(Buffer.from("hart 1").toString("hex"));
    expect(remote.ask("qC")).toBe("QC1");
    expect([remote.ask("T2"), remote.ask("T3")]).toEqual(["OK", "E03"]);
    expect(remote.ask("Hg2")).toBe("OK");
    expect(remote.ask("Hg3")).toBe("E03");
    // The second hart has its turn before.
    remote.send("vCont;s:1;c");
    expect(await remote.next()).toBe("T05thread:1;");
    expect(vm.executed).toBe(101n);
    expect(value(remote.ask("p20"))).toBe(BigInt(ram) + 4n);
    expect(remote.ask("Hg2")).toBe("OK");
    expect([value(remote.ask("p9")), value(remote.ask("p8"))]).toEqual([1n, 50n]);
    // What was looked at and stepped is what happens without a debugger.
    const other = machine(source, { harts: 2 }).vm;
    other.runFor(101);
    expect(vm.save()).toEqual(other.save());
  });

  it("goes on without a debugger that leaves, and stops for another one", async () => {
    const { vm, stub, address, remote, end } = debugged(`
    loop: addi s0, s0, 1
          beqz s1, loop
          ${powerOff}`);
    expect(remote.ask(`Z0,${address("loop")},4`)).toBe("OK");
    expect(stub.connect(() => undefined)).toBe(false);
    expect(remote.ask("D")).toBe("OK");
    expect(vm.engine.breakpoints.size).toBe(0);
    stub.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const next = new Remote(stub);
    next.send("?");
    expect(await next.next()).toBe("T02thread:1;");
    expect(vm.engine.state.read("x", 8)).toBeGreaterThan(0n);
    expect(next.ask("P9=0100000000000000")).toBe("OK");
    // The connection breaks.
    stub.disconnect();
    expect(await end).toEqual({ kind: "poweroff", code: 3 });
  });

  it("is ended by the debugger, or released by the host", async () => {
    const first = debugged("loop: j loop");
    first.remote.send("k");
    expect(await first.end).toEqual({ kind: "killed" });
    const second = debugged(powerOff);
    second.stub.release();
    expect(await second.end).toEqual({ kind: "poweroff", code: 3 });
    expect(second.stub.connect(() => undefined)).toBe(false);
  });

  it("acknowledges packets until it is told not to, and repeats the last one", () => {
    const { stub, remote } = debugged(powerOff);
    expect(remote.ask("qC")).toBe("QC1");
    expect(remote.acknowledgements).toBe(1);
    stub.receive(new TextEncoder().encode("-"));
    expect(remote.received.shift()).toBe("QC1");
    expect(remote.ask("QStartNoAckMode")).toBe("OK");
    expect(remote.ask("qC")).toBe("QC1");
    expect(remote.acknowledgements).toBe(2);
  });

  it("survives whatever a debugger sends", async () => {
    const word = fc.constantFrom(
      ..."? g G p P m M X c C s S Z0, Z1, z0, H Hg Hc T D vCont; vCont? vCont;s: qXfer:".split(" "),
      ..."qXfer:features:read: qSupported: qThreadExtraInfo, qAttached qSymbol:: QStart".split(" "),
    );
    const text = fc.oneof(
      fc.stringMatching(/^[0-9a-f,:;=-]{0,20}$/),
      fc.string({ maxLength: 20, unit: "binary-ascii" }),
    );
    const packet = fc
      .tuple(word, text)
      .map(([name, rest]) => ({ packet: `${name}${rest}` }) as const);
    const noise = fc.uint8Array({ maxLength: 30 }).map((bytes) => ({ bytes }) as const);
    const { vm } = machine("loop: addi s0, s0, 1\nj loop", { harts: 2, engine: reference });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(packet, noise), { maxLength: 30 }), async (steps) => {
        const { stub, remote, end } = debug(vm, 1000);
        for (const step of steps) {
          if ("packet" in step) remote.send(step.packet);
          else stub.receive(step.bytes);
        }
        stub.release();
        stub.disconnect();
        const { kind } = await end;
        expect(["fuel", "killed"]).toContain(kind);
      }),
      { numRuns: 100 },
    );
  });
});
