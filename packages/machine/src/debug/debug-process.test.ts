import { linux } from "@isovm/abi";
import { assemble } from "@isovm/decoder";
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { linuxRiscv64, rv64 } from "@isovm/riscv";
import { toElf } from "@isovm/testkit/elf";
import { describe, expect, it } from "vitest";
import { processVm } from "../process-vm.ts";
import { type DebuggedRunResult, ProcessDebugger } from "./debug-process.ts";
import { GdbStub } from "./gdb/stub.ts";
import { processDebugTarget } from "./process-debug-target.ts";
import { Remote } from "./testing/remote.ts";

const isa = rv64();

/** A program at its first instruction with a debugger connected. */
function debugged(source: string, engine: EngineFactory = interpreter) {
  const program = assemble(isa, source, { origin: 0x10000n, sectionAlignment: 4096 });
  const contents = toElf(program, { machine: 243, class: 64 });
  const vm = processVm({
    isa,
    engine,
    abi: linux({
      binding: linuxRiscv64,
      files: { "bin/guest": { contents, mode: 0o755 } },
      quantum: 50,
    }),
  });
  vm.abi.start({ program: "/bin/guest", arguments: ["guest"], environment: [] });
  const process = {
    threads: () => vm.abi.init?.threads.values() ?? [],
    auxiliaryVector: () => vm.abi.init?.memory.layout.auxiliaryVector,
  };
  const stub = new GdbStub(processDebugTarget(vm, process));
  const remote = new Remote(stub);
  const run = new ProcessDebugger(vm, process, stub, () => undefined);
  const end = (async (): Promise<DebuggedRunResult> => {
    for (;;) {
      const result = await run.runFor(1000);
      if (result.kind !== "fuel") return result;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const address = (label: string): bigint => program.symbols.get(label) ?? -1n;
  return { vm, stub, remote, end, address };
}

const registers = { pc: "p20", s0: "p8", a0: "pa" };
/** The value in an answer to `p`. */
function value(answer: string | undefined): bigint {
  return BigInt(`0x${answer?.match(/../g)?.reverse().join("")}`);
}

const exit = `
      li a7, 93
      ecall`;

describe("a debugged process", () => {
  it("stands still before its first instruction, has memory and an auxiliary vector", async () => {
    const { vm, remote, end, address } = debugged(`_start: li a0, 7 ${exit}`);
    expect(remote.ask("?")).toBe("T05thread:64;");
    expect(value(remote.ask(registers.pc))).toBe(address("_start"));
    expect(remote.ask("m10000,4")).toBe("13057000");
    expect(remote.ask("qSupported")).toContain("qXfer:auxv:read+");
    const vector = remote.ask("qXfer:auxv:read::0,1000") ?? "";
    expect(vector.slice(0, 9)).toBe("l\x10\0\0\0\0\0\0\0");
    expect(vector.length % 16).toBe(1);
    expect(remote.ask("qAttached")).toBe("0");
    expect(remote.ask("m0,4")).toBe("E14");
    expect(remote.ask("M0,1:00")).toBe("E14");
    expect(remote.ask("mfffffffffffffff0,10")).toBe("E14");
    // Code can't be written by the program, but by its debugger.
    expect(remote.ask("M10000,4:13059000")).toBe("OK");
    expect(vm.executed).toBe(0n);
    remote.send("c");
    expect(await end).toEqual({ kind: "exited", code: 9 });
  });

  it.each([
    ["interpreter", interpreter],
    ["reference", reference],
  ])("stops at breakpoints wherever a slice of its run ends: %s", async (_, engine) => {
    const { remote, end, address } = debugged(
      `_start: li s0, 0
       loop:   addi s0, s0, 1
               nop
       here:   li t0, 400
               bne s0, t0, loop
               li a0, 0 ${exit}`,
      engine,
    );
    expect(remote.ask(`Z0,${address("here").toString(16)},4`)).toBe("OK");
    for (let count = 1n; count <= 400n; count += 1n) {
      remote.send("c");
      expect(await remote.next()).toBe("T05thread:64;");
      expect(value(remote.ask(registers.s0))).toBe(count);
    }
    remote.send("c");
    expect(await end).toEqual({ kind: "exited", code: 0 });
  });

  it("steps over system calls", async () => {
    const { remote, address } = debugged(`_start: li a7, 172\n ecall\nbehind: nop`);
    for (let count = 0; count < 2; count += 1) {
      remote.send("s");
      expect(await remote.next()).toBe("T05thread:64;");
    }
    expect(value(remote.ask(registers.pc))).toBe(address("behind"));
    expect(value(remote.ask(registers.a0))).toBe(100n);
  });

  it("stops for signals that its instructions raise, which reach it if the debugger says so", async () => {
    const program = `_start: ld a0, 0(zero)\n li a0, 5 ${exit}`;
    const first = debugged(program);
    first.remote.send("c");
    expect(await first.remote.next()).toBe("T0bthread:64;");
    expect(value(first.remote.ask(registers.pc))).toBe(first.address("_start"));
    first.remote.send("vCont;C0b:64;c");
    expect(await first.end).toEqual({ kind: "killed", signal: 11, core: false });

    const second = debugged(program);
    second.remote.send("c");
    expect(await second.remote.next()).toBe("T0bthread:64;");
    // Executed again, it fails again.
    second.remote.send("c");
    expect(await second.remote.next()).toBe("T0bthread:64;");
    second.remote.send("c10004");
    expect(await second.end).toEqual({ kind: "exited", code: 5 });
  });

  it.each([
    ["ebreak", "05"],
    [".word 0", "04"],
  ])("tells signals apart: %s", async (instruction, signal) => {
    const { remote } = debugged(`_start: ${instruction}`);
    remote.send("c");
    expect(await remote.next()).toBe(`T${signal}thread:64;`);
  });

  it("is interrupted, and killed", async () => {
    const { remote, end } = debugged("_start: j _start");
    remote.send("c");
    await new Promise((resolve) => setTimeout(resolve, 2));
    remote.interrupt();
    expect(await remote.next()).toBe("T02thread:64;");
    expect(remote.ask("vKill;64")).toBe("OK");
    expect(await end).toEqual({ kind: "killed", signal: 9, core: false });
  });

  it("leaves processes that it forks alone", async () => {
    const { remote, end, address } = debugged(`
      _start: li a7, 220       # clone(SIGCHLD)
              li a0, 17
              li a1, 0
              li a2, 0
              li a3, 0
              li a4, 0
              ecall
              mv s0, a0
      here:   beqz s0, child
              li a7, 260       # wait4
              li a0, -1
              addi a1, sp, -16
              li a2, 0
              li a3, 0
              ecall
              lb a0, -15(sp)
              ${exit}
      child:  li a0, 3 ${exit}`);
    expect(remote.ask(`Z0,${address("here").toString(16)},4`)).toBe("OK");
    remote.send("c");
    expect(await remote.next()).toBe("T05thread:64;");
    expect(value(remote.ask(registers.s0))).not.toBe(0n);
    remote.send("c");
    expect(await end).toEqual({ kind: "exited", code: 3 });
    expect(remote.received).toEqual([]);
  });

  it("shows threads, each with its own registers", async () => {
    const { remote, address } = debugged(`
      _start: li a7, 220       # clone: a thread
              li a0, 0x50f00
              addi a1, sp, -1024
              li a2, 0
              li a3, 0
              li a4, 0
              ecall
              beqz a0, other
              li s0, 1
      one:    j one
      other:  li s0, 2
      two:    j two`);
    expect(remote.ask(`Z0,${address("two").toString(16)},4`)).toBe("OK");
    remote.send("c");
    expect(await remote.next()).toBe("T05thread:65;");
    expect(remote.ask("qfThreadInfo")).toBe("m64,65");
    expect(value(remote.ask(registers.s0))).toBe(2n);
    expect(remote.ask("Hg64")).toBe("OK");
    expect(value(remote.ask(registers.s0))).toBe(1n);
    expect(remote.ask(`z0,${address("two").toString(16)},4`)).toBe("OK");
    // The other thread executes until it is this one's turn.
    remote.send("vCont;s:64;c");
    expect(await remote.next()).toBe("T05thread:64;");
  });
});
