import { assemble } from "@isovm/decoder";
import type { EngineFactory, Exit, Isa } from "@isovm/isa-spec";
import { type BareVm, bareVm } from "@isovm/machine";
import { rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { interpreter, reference } from "../index.ts";

const mnemonics = ["addi", "c.addi", "sw", "sh", "lw", "ld", "bne", "c.bnez", "jal", "csrrs"];

/** An ISA that has every pair of some instructions fused. */
const isa: Isa = {
  ...rv64(),
  frequentPairs: Object.fromEntries(mnemonics.map((first) => [first, mnemonics])),
};

const memory = [{ start: 0x10000, length: 8192 }];

function start(engine: EngineFactory, text: string): BareVm {
  const program = assemble(isa, `.option norvc\nlui s0, 0x10\n${text}`, { origin: 0x1000n });
  return bareVm({ isa, engine, program, memory });
}

/** Runs a program to its first exit other than the budget's, `budget` instructions at a time. */
function finish(vm: BareVm, budget: number): { exit: Exit; steps: unknown[]; registers: bigint[] } {
  const steps: unknown[] = [];
  for (let count = 0; count < 1000; count += 1) {
    const exit = vm.run(budget);
    if (exit.kind !== "budget") {
      const registers = Array.from({ length: 32 }, (_, index) => vm.state.read("x", index));
      return { exit, steps, registers };
    }
    steps.push([vm.state.pc, vm.engine.retired, vm.state.read("x", 10)]);
  }
  throw new Error("the program doesn't end");
}

/** Both engines have to agree for budgets that end between the instructions of a pair and not. */
function expectSame(text: string): BareVm {
  for (const budget of [1, 2, 3, 5, 7, 1000]) {
    const expected = finish(start(reference, text), budget);
    expect(finish(start(interpreter, text), budget)).toEqual(expected);
  }
  const vm = start(interpreter, text);
  finish(vm, 1000);
  return vm;
}

const loop = (body: string): string => `
  li t0, 5
again:
${body}
  addi t0, t0, -1
  bne t0, zero, again
  ecall
`;

describe("fused instructions", () => {
  it("execute as two, whatever the budget", () => {
    const vm = expectSame(loop("addi a0, a0, 1\naddi a0, a0, 2\nld a1, 0(s0)\nsw a0, 0(s0)"));
    expect(vm.state.read("x", 10)).toBe(15n);
  });

  it("can be entered at the second one", () => {
    expectSame(loop("andi t1, t0, 1\nbne t1, zero, 1f\naddi a0, a0, 16\n1: addi a0, a0, 1"));
  });

  it("may be a branch and what follows it", () => {
    expectSame(loop("addi t1, t0, -3\nbne t1, zero, 1f\naddi a0, a0, 16\n1: sw a0, 4(s0)"));
  });

  it("stop at the one that faults", () => {
    const vm = expectSame(
      loop("addi t2, t0, -2\nslli t2, t2, 9\nsub t2, s0, t2\naddi a0, a0, 1\nlw a1, 2044(t2)"),
    );
    expect(vm.state.pc).toBeGreaterThan(0x1000n);
  });

  it("cross pages with their accesses", () => {
    expectSame(
      loop("addi s1, s0, 2047\naddi s1, s1, 2047\nsw a0, 0(s1)\nld a0, 0(s1)\naddi a0, a0, 1"),
    );
  });

  it("see what the first one writes over the second one", () => {
    // `addi a0, a0, 1` becomes `addi a0, a0, 16` and back.
    expectSame(`
      li t0, 6
      lla s1, patched
      lw a2, 0(s1)
      li t2, 0x00f00000
    again:
      xor a2, a2, t2
      addi a3, a3, 1
      sw a2, 0(s1)
    patched:
      addi a0, a0, 1
      addi t0, t0, -1
      bne t0, zero, again
      ecall
    `);
  });

  it("see what is written over the first one and over both", () => {
    expectSame(`
      li t0, 6
      lla s1, patched
      ld a2, 0(s1)
      li t2, 0x00f0000000f00000
    again:
      xor a2, a2, t2
      sw a2, 0(s1)
      srli a4, a2, 32
      sw a4, 4(s1)
      .balign 4
    patched:
      addi a0, a0, 1
      addi a0, a0, 1
      addi t0, t0, -1
      bne t0, zero, again
      ecall
    `);
  });

  it("take turns with an instruction inside the second one", () => {
    // The immediate of `both` is entered as an instruction, too: c.addi a0, 1.
    expectSame(`
      li t0, 8
      lla s1, both
    again:
      addi a0, a0, 2
    both:
      .word 0x05050513
      addi a0, a0, 4
      addi t0, t0, -1
      andi t1, t0, 1
      bne t1, zero, again
      beq t0, zero, end
      addi s2, s1, 2
      jr s2
    end:
      ecall
    `);
  });
});
