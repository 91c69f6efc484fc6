/**
 * A guest without an operating system, for tests of system VMs: harts count together, in ways that
 * lose counts if anything about atomics, interrupts or turns is wrong, and say so on the console.
 */
import { assemble } from "@isovm/decoder";
import { virt } from "@isovm/devices";
import type { EngineFactory } from "@isovm/isa-spec";
import { type SystemVm, systemVm } from "@isovm/machine";
import { riscvSystem } from "@isovm/riscv";

const architecture = riscvSystem();
const ramBase = 0x8000_0000;
/** Byte offsets in RAM of what the guest counts. */
const data = { locked: 0x8000, atomic: 0x8008, lock: 0x8010, done: 0x8014, ticks: 0x8040 } as const;

/** How often each hart adds one to each counter. */
export const roundsPerHart = 200;

/**
 * Every hart: takes a timer interrupt every 5 ticks, adds to a counter under a lock of LR/SC and to
 * one by AMO, and says when it is done. The first one waits for all by WFI, woken by software
 * interrupts of the others, writes a line and powers off with the code 7.
 */
function program(harts: number): Uint8Array {
  const text = `
      la t0, trap
      csrw mtvec, t0
      csrr s0, mhartid
      li s1, ${0x200_0000}
      li s2, ${ramBase + data.locked}
      # The first timer interrupt.
      slli t0, s0, 3
      li s3, ${0x200_4000}
      add s3, s3, t0
      li s4, ${0x200_bff8}
      ld t1, 0(s4)
      addi t1, t1, 5
      sd t1, 0(s3)
      li t0, 0x88
      csrw mie, t0
      csrsi mstatus, 8
      li s5, ${roundsPerHart}
  round:
  acquire:
      addi t0, s2, ${data.lock - data.locked}
      lr.w.aq t1, (t0)
      bnez t1, acquire
      li t1, 1
      sc.w t2, t1, (t0)
      bnez t2, acquire
      ld t1, 0(s2)
      addi t1, t1, 1
      nop
      sd t1, 0(s2)
      amoswap.w.rl x0, x0, (t0)
      addi t0, s2, ${data.atomic - data.locked}
      li t1, 1
      amoadd.d x0, t1, (t0)
      addi s5, s5, -1
      bnez s5, round
      addi t0, s2, ${data.done - data.locked}
      li t1, 1
      amoadd.w x0, t1, (t0)
      # Wakes the first hart.
      sw t1, 0(s1)
      beqz s0, gather
  rest:
      wfi
      j rest
  gather:
      lw t1, ${data.done - data.locked}(s2)
      li t2, ${harts}
      beq t1, t2, finish
      wfi
      j gather
  finish:
      csrci mstatus, 8
      la t0, line
      li t1, ${0x1000_0000}
  print:
      lbu t2, 0(t0)
      beqz t2, off
      sb t2, 0(t1)
      addi t0, t0, 1
      j print
  off:
      li t0, ${0x10_0000}
      li t1, 0x73333
      sw t1, 0(t0)
  stop:
      j stop
      .balign 4
  trap:
      csrw mscratch, t0
      csrr t0, mcause
      andi t0, t0, 15
      addi t0, t0, -7
      bnez t0, software
      # The next timer interrupt.
      ld t0, 0(s4)
      addi t0, t0, 5
      sd t0, 0(s3)
      slli t0, s0, 3
      add t0, t0, s2
      sd s6, ${data.ticks - data.locked + 0x200}(t0)
      ld s6, ${data.ticks - data.locked}(t0)
      addi s6, s6, 1
      sd s6, ${data.ticks - data.locked}(t0)
      ld s6, ${data.ticks - data.locked + 0x200}(t0)
      csrr t0, mscratch
      mret
  software:
      slli t0, s0, 2
      add t0, t0, s1
      sw x0, 0(t0)
      csrr t0, mscratch
      mret
  line:
      .asciz "all counted\\n"`;
  return assemble(architecture.isa, text, { origin: BigInt(ramBase) }).bytes;
}

/** A machine with the guest, and what is seen of it. */
export interface SmallGuest {
  readonly vm: SystemVm;
  /** What the guest has written to its console. */
  readonly output: () => string;
  /** What has been counted: under the lock, by AMO, timer interrupts by hart. */
  readonly counts: () => { locked: number; atomic: number; ticks: readonly number[] };
}

/** Makes a machine that begins the guest's program. */
export function smallGuest(
  engine: EngineFactory,
  { harts, turnInstructions }: { harts: number; turnInstructions: number },
): SmallGuest {
  let output = "";
  const board = virt({
    harts,
    console: {
      transmit: (byte) => {
        output += String.fromCharCode(byte);
      },
    },
    power: (event) => vm.end(event),
  });
  const memoryBytes = 2 ** 20;
  const vm = systemVm({ architecture, engine, board, memoryBytes, harts, turnInstructions });
  vm.memory.write(ramBase, program(harts));
  for (let hart = 0; hart < harts; hart += 1) vm.startHart(hart, BigInt(ramBase));
  const count = (offset: number): number => vm.memory.load32(ramBase + offset);
  return {
    vm,
    output: () => output,
    counts: () => ({
      locked: count(data.locked),
      atomic: count(data.atomic),
      ticks: Array.from({ length: harts }, (_, hart) => count(data.ticks + 8 * hart)),
    }),
  };
}

/** Runs at most `fuel` instructions, or to the end; idle time is skipped. */
export function runSmall({ vm }: SmallGuest, fuel: number): string {
  for (let left = fuel; ; ) {
    const before = vm.executed;
    const result = vm.runFor(left);
    left -= Number(vm.executed - before);
    if (result.kind !== "idle") return JSON.stringify(result);
    if (result.untilNanos === undefined) return "halted";
    vm.skip(result.untilNanos - vm.nanos);
  }
}
