/**
 * Atomic memory operations, load-reserved and store-conditional.
 *
 * @see RISC-V Unprivileged 20240411, 14
 */
import { interpreter, reference } from "@isovm/interpreter";
import { rv32, rv64 } from "@isovm/riscv";
import { describe, it } from "vitest";
import { riscvProfile } from "../../profiles/riscv.ts";
import { semanticsTester } from "../semantics.ts";

const test = semanticsTester({ describe, it }, riscvProfile(rv64()), [reference, interpreter]);
const at = { a1: 0x40_0000 };

describe("an AMO", () => {
  const operation = (mnemonic: string, memory: bigint, a: bigint, after: bigint): void =>
    test(`${mnemonic} of ${memory} and ${a} leaves ${after}`, {
      asm: `${mnemonic} a0, a2, (a1)`,
      before: { ...at, a2: a },
      memory: [memory],
      memoryAfter: [after],
      after: {
        a0: mnemonic.endsWith(".d") ? memory : BigInt.asIntN(32, memory),
      },
    });
  operation("amoswap.d", 1n, 2n, 2n);
  operation("amoadd.d", -1n, 1n, 0n);
  operation("amoadd.w", 0x1_ffff_ffffn, 0x5_0000_0001n, 0x1_0000_0000n);
  operation("amoxor.d", 0xffn, 0x0fn, 0xf0n);
  operation("amoand.w", 0x7_0000_00ffn, 0x0fn, 0x7_0000_000fn);
  operation("amoor.w", 0x7_8000_0000n, 1n, 0x7_8000_0001n);
  operation("amomin.w", 0x7fff_ffffn, 0x8000_0000n, 0x8000_0000n);
  operation("amominu.w", 0x7fff_ffffn, 0x8000_0000n, 0x7fff_ffffn);
  operation("amomax.w", 0xffff_ffffn, 0x1_0000_0000n, 0n);
  operation("amomaxu.w", 0xffff_ffffn, 0x1_0000_0000n, 0xffff_ffffn);
  operation("amomin.d", 1n, -1n, -1n);
  operation("amomaxu.d", 1n, -1n, -1n);

  test("with rd = x0 still changes memory", {
    asm: "amoadd.d zero, a2, (a1)",
    before: { ...at, a2: 5 },
    memory: [1n],
    memoryAfter: [6n],
  });
  test("with one register for all stores what it was", {
    asm: "amoswap.d a1, a1, (a1)",
    before: at,
    memory: [7n],
    memoryAfter: [0x40_0000n],
    after: { a1: 7 },
  });
  test("that can only read faults as a store, and leaves rd", {
    asm: "stop: amoadd.w a0, a2, (a1)",
    before: { a0: 99, a1: 0x40_2000 },
    exit: "fault: write at 0x402000: permission",
    at: "stop",
  });
  test("that isn't mapped faults as a store", {
    asm: "stop: amoadd.w a0, a2, (a1)",
    before: { a0: 99, a1: 0x40_4000 },
    exit: "fault: write at 0x404000: unmapped",
    at: "stop",
  });
  test("must be aligned, and leaves rd and memory if it isn't", {
    asm: "stop: amoadd.d a0, a2, (a1)",
    before: { a0: 99, a1: 0x40_0004, a2: 1 },
    memory: [1n, 2n],
    exit: "fault: write at 0x400004: misaligned",
    at: "stop",
  });
});

describe("LR and SC", () => {
  test("a pair stores, and says so with 0", {
    asm: "lr.d a0, (a1)\naddi a0, a0, 1\nsc.d a2, a0, (a1)",
    before: { ...at, a2: 99 },
    memory: [41n],
    memoryAfter: [42n],
    after: { a0: 42, a2: 0 },
  });
  test("the second of two store-conditionals fails", {
    asm: "lr.w a0, (a1)\nsc.w a2, a1, (a1)\nsc.w a3, zero, (a1)",
    before: at,
    memory: [0n],
    memoryAfter: [0x40_0000n],
    after: { a2: 0, a3: 1 },
  });
  test("no value is compared: a store in between that restores it doesn't deceive", {
    asm: "lr.w a0, (a1)\nsc.w a2, a3, (a1)\nsw a0, (a1)\nsc.w a4, a3, (a1)",
    before: { ...at, a3: 5 },
    memory: [7n],
    memoryAfter: [7n],
    after: { a0: 7, a2: 0, a4: 1 },
  });
  test("lr.w extends the sign", {
    asm: "lr.w a0, (a1)",
    before: at,
    memory: [0x8000_0000n],
    after: { a0: -(1n << 31n) },
  });
  test("sc with rd = x0", {
    asm: "lr.d zero, (a1)\nsc.d zero, a1, (a1)",
    before: at,
    memory: [0n],
    memoryAfter: [0x40_0000n],
  });
  test("a loop that increments", {
    asm: "li a3, 10\n1: lr.w a0, (a1)\naddi a0, a0, 1\nsc.w a2, a0, (a1)\nbnez a2, 1b\naddi a3, a3, -1\nbnez a3, 1b",
    before: at,
    memory: [0n],
    memoryAfter: [10n],
    after: { a0: 10, a2: 0, a3: 0 },
  });
});

describe("RV32", () => {
  const word = semanticsTester({ describe, it }, riscvProfile(rv32()), [reference, interpreter]);
  word("amomaxu.w", {
    asm: "amomaxu.w a0, a2, (a1)",
    before: { ...at, a2: 1 },
    memory: [0x8000_0000n],
    after: { a0: 0x8000_0000 },
  });
});
