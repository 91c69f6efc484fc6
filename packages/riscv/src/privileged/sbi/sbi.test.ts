/** Kernels of a few lines over the built-in SBI, on a board with several harts. */
import { assemble } from "@isovm/decoder";
import { virt } from "@isovm/devices";
import { interpreter } from "@isovm/interpreter";
import { systemVm } from "@isovm/machine";
import { describe, expect, it } from "vitest";
import { riscvSystem } from "../system.ts";
import { sbi } from "./sbi.ts";

const base = 0x8020_0000n;

interface Outcome {
  readonly text: string;
  readonly end: unknown;
  /** Registers a0 to a7 of the hart whose turn it is at the end. */
  readonly a: readonly bigint[];
  /** 16 bytes at the label `data`, or at the beginning. */
  readonly data: Uint8Array | undefined;
}

/** Runs a kernel until it powers off, or for a million instructions. */
function boot(source: string, { harts = 1, input = "" } = {}): Outcome {
  let text = "";
  let rest = new TextEncoder().encode(input);
  const architecture = riscvSystem({
    firmware: sbi({
      console: {
        write: (bytes) => {
          text += new TextDecoder().decode(bytes);
        },
        read: (most) => {
          const taken = rest.subarray(0, most);
          rest = rest.subarray(most);
          return taken;
        },
      },
      power: (event) => vm.end(event),
    }),
  });
  const board = virt({ harts, console: { transmit: () => {} }, power: (event) => vm.end(event) });
  const vm = systemVm({
    architecture,
    engine: interpreter,
    board,
    harts,
    memoryBytes: 4 * 2 ** 20,
    turnInstructions: 100,
  });
  const program = assemble(architecture.isa, source, { origin: base });
  vm.memory.write(Number(base), program.bytes);
  for (let hart = 0; hart < harts; hart += 1) vm.startHart(hart, base);
  let end: unknown;
  for (let round = 0; round < 100; round += 1) {
    const result = vm.runFor(10_000);
    end = result;
    if (result.kind === "idle" && result.untilNanos !== undefined) {
      vm.skip(result.untilNanos - vm.nanos);
    } else if (result.kind !== "fuel") break;
  }
  const a = Array.from({ length: 8 }, (_, index) => vm.engine.state.read("x", 10 + index));
  const data = program.symbols.get("data");
  return { text, end, a, data: vm.memory.read(Number(data ?? base), 16) };
}

/** Calls a function with what is in a0 to a5. */
const call = (extension: string, number: number): string => {
  const id = [...extension].reduce((sum, letter) => sum * 256 + letter.charCodeAt(0), 0);
  return `li a7, ${id}\n li a6, ${number}\n ecall\n`;
};
const base0 = (number: number): string => `li a7, 0x10\n li a6, ${number}\n ecall\n`;

describe("the built-in SBI", () => {
  it("writes to the console and powers off, with a code for a failure", () => {
    const source = (reason: number): string => `
      la a1, text
      li a0, 6
      li a2, 0
      ${call("DBCN", 0)}
      mv s0, a1
      li a0, 33
      ${call("DBCN", 2)}
      li a0, 63
      li a7, 1
      ecall
      li a0, 0
      li a1, ${reason}
      ${call("SRST", 0)}
      text: .ascii "kernel"
    `;
    expect(boot(source(0))).toMatchObject({ text: "kernel!?", end: { kind: "poweroff", code: 0 } });
    expect(boot(source(1)).end).toEqual({ kind: "poweroff", code: 1 });
  });

  it("resets, warm or cold, and refuses other types", () => {
    const source = (type: number): string => `
      li a0, ${type}
      li a1, 0
      ${call("SRST", 0)}
      j .
    `;
    expect(boot(source(1)).end).toEqual({ kind: "reset" });
    expect(boot(source(2)).end).toEqual({ kind: "reset" });
    const refused = boot(source(3));
    expect(refused.end).toEqual({ kind: "fuel" });
    expect(refused.a[0]).toBe(BigInt.asUintN(64, -3n));
  });

  it("reads from the console into memory, and refuses addresses without", () => {
    const source = (address: string): string => `
      li a0, 4
      ${address}
      li a2, 0
      ${call("DBCN", 1)}
      mv s0, a0
      mv s1, a1
      li a7, 2
      ecall
      mv a2, a0
      mv a0, s0
      mv a1, s1
      wfi
      .balign 8
      data: .zero 16
    `;
    const read = boot(source("la a1, data"), { input: "abcde" });
    expect([read.a[0], read.a[1], read.a[2]]).toEqual([0n, 4n, 101n]);
    expect(new TextDecoder().decode(read.data?.subarray(0, 5))).toBe("abcd\0");
    const refused = boot(source("li a1, 0x1000"), { input: "a" });
    expect([refused.a[0], refused.a[2]]).toEqual([BigInt.asUintN(64, -3n), 97n]);
    expect(boot(source("la a1, data")).a.slice(0, 3)).toEqual([0n, 0n, BigInt.asUintN(64, -1n)]);
  });

  it("says what it is, and what it has", () => {
    const probe = (id: string): string => `li a0, ${id}\n ${base0(3)}`;
    const source = `
      ${base0(0)}
      mv s0, a1
      ${probe("0x48534d")}
      mv s1, a1
      ${probe("0x504d55")}
      mv s2, a1
      li a7, 0x504d55
      li a6, 0
      ecall
      mv a3, a0
      mv a0, s0
      mv a1, s1
      mv a2, s2
      wfi
    `;
    expect(boot(source).a.slice(0, 4)).toEqual([0x200_0000n, 1n, 0n, BigInt.asUintN(64, -2n)]);
  });

  it("opens the basic counters to user mode", () => {
    const { a } = boot(`
      la t0, handler
      csrw stvec, t0
      la t0, user
      csrw sepc, t0
      sret
      user: rdtime a2
      rdcycle a3
      rdinstret a4
      li a5, 1
      ecall
      .balign 4
      handler: csrr a6, scause
      j .
    `);
    expect(a[5]).toBe(1n);
    expect(a[6]).toBe(8n);
  });

  it("delegates what user mode does, and interrupts at the time that was set", () => {
    const source = `
      la t0, handler
      csrw stvec, t0
      rdtime a0
      addi a0, a0, 100
      mv s0, a0
      ${call("TIME", 0)}
      li t0, 0x20
      csrw sie, t0
      csrsi sstatus, 2
      loop: wfi
      j loop
      .balign 4
      handler:
      csrr a2, scause
      rdtime a3
      sub a3, a3, s0
      li a0, -1
      ${call("TIME", 0)}
      csrr a4, sip
      j .
    `;
    const { a } = boot(source);
    expect(a[2]).toBe((1n << 63n) | 5n);
    expect(Number(a[3])).toBeLessThan(3);
    expect(a[4]).toBe(0n);
  });

  it("starts harts, interrupts them, and knows their states", () => {
    // Hart 1 notes its registers, waits for an interrupt from hart 0, and stops.
    const source = `
      bnez a0, dead
      li a0, 1
      ${call("HSM", 2)}
      mv s1, a1
      li a0, 1
      la a1, second
      li a2, 0x77
      ${call("HSM", 0)}
      mv s2, a0
      li a0, 1
      la a1, second
      li a2, 0x77
      ${call("HSM", 0)}
      mv s3, a0
      la t0, data
      1: ld t1, 0(t0)
      beqz t1, 1b
      li a0, 2
      li a1, 0
      ${call("sPI", 0)}
      2: li a0, 1
      ${call("HSM", 2)}
      li t0, 1
      bne a1, t0, 2b
      li a0, 9
      la a1, second
      ${call("HSM", 0)}
      mv a4, a0
      li a0, 16
      li a1, 0
      ${call("sPI", 0)}
      mv a5, a0
      la t0, data
      ld a0, 0(t0)
      ld a1, 8(t0)
      mv a2, s1
      mv a3, s3
      mv a6, s2
      wfi
      dead: j dead
      second:
      la t0, data
      sd a0, 8(t0)
      li t1, 2
      csrw sie, t1
      csrr t2, satp
      add a1, a1, t2
      sd a1, 0(t0)
      wfi
      csrr t1, sip
      slli t1, t1, 8
      ld t2, 0(t0)
      add t2, t2, t1
      sd t2, 0(t0)
      ${call("HSM", 1)}
      j dead
      .balign 8
      data: .zero 16
    `;
    const { a } = boot(source, { harts: 2 });
    expect(a.slice(0, 7)).toEqual([
      0x277n,
      1n,
      1n,
      BigInt.asUintN(64, -6n),
      BigInt.asUintN(64, -3n),
      BigInt.asUintN(64, -3n),
      0n,
    ]);
  });

  it("suspends a hart, which goes on or begins anew when an interrupt is pending", () => {
    const source = (type: string): string => `
      li t0, 0x20
      csrw sie, t0
      rdtime a0
      addi a0, a0, 50
      ${call("TIME", 0)}
      li s0, 5
      li a0, ${type}
      la a1, resumed
      li a2, 0x99
      ${call("HSM", 3)}
      mv a3, s0
      li a4, 1
      li t0, 0
      csrw sie, t0
      wfi
      resumed:
      mv a3, s0
      li a4, 2
      csrw sie, x0
      wfi
    `;
    const kept = boot(source("0"));
    expect([kept.a[0], kept.a[3], kept.a[4]]).toEqual([0n, 5n, 1n]);
    const anew = boot(source("0x80000000"));
    expect([anew.a[0], anew.a[1], anew.a[4]]).toEqual([0n, 0x99n, 2n]);
    expect(boot(source("7")).a[0]).toBe(BigInt.asUintN(64, -3n));
  });

  it("fences all harts, some, or none that there are", () => {
    const source = (mask: number, first: number): string => `
      li a0, ${mask}
      li a1, ${first}
      li a2, 0x1000
      li a3, 0x2000
      li a4, 3
      ${call("RFNC", 2)}
      mv s0, a0
      li a0, ${mask}
      li a1, ${first}
      ${call("RFNC", 0)}
      mv a2, s0
      wfi
    `;
    const invalid = BigInt.asUintN(64, -3n);
    for (const [mask, first, expected] of [
      [3, 0, 0n],
      [0, -1, 0n],
      [1, 1, 0n],
      [4, 0, invalid],
      [1, -2, invalid],
    ] as const) {
      const { a } = boot(source(mask, first), { harts: 2 });
      expect([a[0], a[2]]).toEqual([expected, expected]);
    }
  });
});
