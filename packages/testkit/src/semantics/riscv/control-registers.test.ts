/**
 * Control and status registers that a user can see.
 *
 * @see RISC-V Unprivileged 20240411, 7 (Zicsr), 8 (Zicntr), 20.2 (fcsr)
 */
import { interpreter, reference } from "@isovm/interpreter";
import { rv32, rv64 } from "@isovm/riscv";
import { describe, it } from "vitest";
import { riscvProfile } from "../../profiles/riscv.ts";
import { semanticsTester } from "../semantics.ts";

const test = semanticsTester({ describe, it }, riscvProfile(rv64()), [reference, interpreter]);

describe("fcsr", () => {
  test("is frm above fflags, and ignores all other bits", {
    asm: "fscsr a0\nfrcsr a1\nfrrm a2\nfrflags a3",
    before: { a0: -1 },
    after: { a1: 0xff, a2: 7, a3: 0x1f, frm: 7, fflags: 0x1f },
  });
  test("parts keep the others", {
    asm: "fsrm a0, a1\nfsflagsi 3",
    before: { a1: 2, frm: 4, fflags: 0x10 },
    after: { a0: 4, frm: 2, fflags: 3 },
  });
  test("swapping with itself", {
    asm: "csrrw a0, fcsr, a0",
    before: { a0: 0x42, frm: 1, fflags: 1 },
    after: { a0: 0x21, frm: 2, fflags: 2 },
  });
  test("bits are set and cleared", {
    asm: "csrrs a0, fflags, a1\ncsrrc a2, fflags, a3\ncsrrsi a4, frm, 2\ncsrrci a5, frm, 3",
    before: { a1: 0x18, a3: 0x11, fflags: 1, frm: 1 },
    after: { a0: 1, a2: 0x19, a4: 1, a5: 3, fflags: 8, frm: 0 },
  });
});

describe("read-only registers", () => {
  // csrrw zero, cycle, zero is what assemblers call unimp.
  for (const [instruction, word] of [
    ["csrrw zero, cycle, zero", "c0001073"],
    ["csrrw a0, instret, a1", "c0259573"],
    ["csrrs a0, cycle, a1", "c005a573"],
    ["csrrc a0, time, a1", "c015b573"],
    ["csrrwi a0, cycle, 0", "c0005573"],
    ["csrrsi a0, cycle, 1", "c000e573"],
  ] as const) {
    test(`${instruction} is illegal, whatever the value`, {
      asm: `stop: ${instruction}`,
      before: { a0: 7 },
      exit: `illegal 0x${word} (4 bytes)`,
      at: "stop",
    });
  }
  test("csrrs, csrrc and their immediate forms with zero only read", {
    asm: "csrrs a0, time, zero\ncsrrc a1, time, zero\ncsrrsi a2, time, 0\ncsrrci a3, time, 0",
    after: { a0: 1, a1: 2, a2: 3, a3: 4 },
  });
  test("instret counts the instructions before", {
    asm: "rdinstret a0\nnop\nrdinstret a1\nsub a0, a1, a0",
    after: { a0: 2 },
    clobbers: ["a1"],
  });
  test("a register that isn't there is illegal", {
    asm: "stop: csrrs a0, 0x7c0, zero",
    exit: "illegal 0x7c002573 (4 bytes)",
    at: "stop",
  });
  test("so is a privileged one", {
    asm: "stop: csrrs a0, mstatus, zero",
    exit: "illegal 0x30002573 (4 bytes)",
    at: "stop",
  });
});

describe("RV32", () => {
  const test32 = semanticsTester({ describe, it }, riscvProfile(rv32()), [reference, interpreter]);
  test32("the upper halves of counters", { asm: "rdtimeh a0\nrdtime a1", after: { a1: 2 } });
});
