/**
 * Integer computation, RV32 and RV64.
 *
 * @see RISC-V Unprivileged 20240411, 2, 4, 12 (Zicond), 13 (M), 30 (B)
 */
import { interpreter, reference } from "@isovm/interpreter";
import { rv32, rv64 } from "@isovm/riscv";
import { describe, it } from "vitest";
import { riscvProfile } from "../../profiles/riscv.ts";
import { semanticsTester } from "../semantics.ts";

const engines = [reference, interpreter];
const minimum = -(1n << 63n);
const minimumWord = -(1n << 31n);

describe("RV64", () => {
  const test = semanticsTester({ describe, it }, riscvProfile(rv64()), engines);
  /** A row `mnemonic a0, a1, a2` on some operands. */
  const binary = (mnemonic: string, a: bigint, b: bigint, result: bigint): void =>
    test(`${mnemonic} of ${a} and ${b} is ${result}`, {
      asm: `${mnemonic} a0, a1, a2`,
      before: { a1: a, a2: b },
      after: { a0: result },
    });

  describe("division has an answer for everything", () => {
    binary("div", 5n, 0n, -1n);
    binary("div", -5n, 0n, -1n);
    binary("divu", 5n, 0n, -1n);
    binary("rem", -5n, 0n, -5n);
    binary("remu", -5n, 0n, -5n);
    binary("div", minimum, -1n, minimum);
    binary("rem", minimum, -1n, 0n);
    binary("div", -7n, 2n, -3n);
    binary("rem", -7n, 2n, -1n);
    binary("rem", 7n, -2n, 1n);
    binary("divu", minimum, -1n, 0n);
    binary("remu", minimum, -1n, minimum);
    test("also with one register for all", {
      asm: "div a0, a0, a0",
      before: { a0: 0n },
      after: { a0: -1n },
    });
  });

  describe("the 32-bit forms read the low words and extend the sign", () => {
    binary("divw", 0xdead_0000_0005n, 0xbeef_0000_0000n, -1n);
    binary("divuw", 0xdead_0000_0005n, 0xbeef_0000_0000n, -1n);
    binary("remw", 0x1_8000_0000n, 0n, minimumWord);
    binary("remuw", 0x1_8000_0000n, 0n, minimumWord);
    binary("divw", 0x8000_0000n, 0xffff_ffffn, minimumWord);
    binary("remw", 0x8000_0000n, 0xffff_ffffn, 0n);
    binary("divuw", 0xffff_ffffn, 1n, -1n);
    binary("mulw", 0x1_0001_0000n, 0x8000n, minimumWord);
    binary("addw", 0x7fff_ffffn, 1n, minimumWord);
    binary("subw", 0n, 0x8000_0000n, minimumWord);
    binary("sraw", 0x8000_0000n, 0x3fn, -1n);
    binary("srlw", 0xffff_ffff_8000_0000n, 0x21n, 0x4000_0000n);
    binary("sllw", 1n, 31n, minimumWord);
  });

  describe("high halves of products", () => {
    binary("mulh", -1n, -1n, 0n);
    binary("mulhu", -1n, -1n, -2n);
    binary("mulhsu", -1n, -1n, -1n);
    binary("mulhsu", 1n, -1n, 0n);
    binary("mulh", minimum, minimum, 1n << 62n);
    binary("mulhu", minimum, minimum, 1n << 62n);
    binary("mulhsu", minimum, minimum, -(1n << 62n));
  });

  describe("shifts use the low bits of the amount", () => {
    binary("sll", 1n, 64n, 1n);
    binary("sll", 1n, 63n, minimum);
    binary("srl", -1n, 65n, -1n - minimum);
    binary("sra", minimum, 127n, -1n);
  });

  describe("comparisons", () => {
    binary("slt", minimum, 1n, 1n);
    binary("sltu", minimum, 1n, 0n);
    binary("sltu", 0n, -1n, 1n);
  });

  describe("bit manipulation", () => {
    binary("andn", 0xffn, 0x0fn, 0xf0n);
    binary("rol", minimum, 1n, 1n);
    binary("ror", 1n, 1n, minimum);
    binary("rorw", 1n, 1n, minimumWord);
    binary("rolw", 0x8000_0000n, 33n, 1n);
    binary("min", minimum, 1n, minimum);
    binary("minu", minimum, 1n, 1n);
    binary("max", minimum, 1n, 1n);
    binary("maxu", minimum, 1n, minimum);
    binary("bset", 0n, 64n, 1n);
    binary("bclr", -1n, 63n, -1n - minimum);
    binary("binv", 1n, 64n, 0n);
    binary("bext", minimum, 127n, 1n);
    binary("sh1add", -1n, 2n, 0n);
    binary("sh3add.uw", -1n, 0n, 0x7_ffff_fff8n);
    binary("add.uw", -1n, 1n, 0x1_0000_0000n);
    binary("czero.eqz", 7n, 0n, 0n);
    binary("czero.eqz", 7n, minimum, 7n);
    binary("czero.nez", 7n, 0n, 7n);
    binary("czero.nez", 7n, minimum, 0n);
  });

  describe("counts", () => {
    const unary = (mnemonic: string, a: bigint, result: bigint): void =>
      test(`${mnemonic} of ${a} is ${result}`, {
        asm: `${mnemonic} a0, a1`,
        before: { a1: a },
        after: { a0: result },
      });
    unary("clz", 0n, 64n);
    unary("ctz", 0n, 64n);
    unary("clzw", 0xffff_ffff_0000_0000n, 32n);
    // QEMU before 8.0 counted into the upper word here.
    unary("ctzw", 1n << 33n, 32n);
    unary("cpopw", -1n, 32n);
    unary("cpop", -1n, 64n);
    unary("orc.b", 0x0100_0000_0000_8000n, 0xff00_0000_0000_ff00n);
    unary("rev8", 0x0102_0304_0506_0708n, 0x0807_0605_0403_0201n);
    unary("sext.b", 0x80n, -128n);
    unary("sext.h", 0x8000n, -32768n);
    unary("zext.h", -1n, 0xffffn);
  });

  describe("constants and addresses", () => {
    test("lui extends the sign", { asm: "lui a0, 0x80000", after: { a0: minimumWord } });
    test("auipc reaches downwards", {
      asm: "auipc a0, 0xfffff",
      after: { a0: 0x10000n - 0x1000n },
    });
    test("li gives any constant", {
      asm: "li a0, 0x123456789abcdef0\nli a1, -1\nli a2, 0x80000000",
      after: { a0: 0x1234_5678_9abc_def0n, a1: -1n, a2: 0x8000_0000n },
    });
    test("the zero register stays zero", {
      asm: "addi zero, a1, 5\nlui zero, 1\nadd a0, zero, zero",
      before: { a0: 1n, a1: 7n },
      after: { a0: 0n },
    });
  });

  describe("jumps", () => {
    test("jalr clears the lowest bit, and reads before it writes", {
      asm: "la a0, target + 1\njalr a0, 0(a0)\nli a1, 1\ntarget: li a2, 2",
      after: { a0: 0x1000cn, a2: 2n },
    });
    test("a jump to an odd halfword is fine with C", {
      asm: "j 1f\n.2byte 0\n1: li a0, 1",
      after: { a0: 1n },
    });
    test("loops", {
      asm: "li a0, 10\n1: add a1, a1, a0\naddi a0, a0, -1\nbnez a0, 1b",
      after: { a1: 55n },
    });
  });

  describe("loads and stores", () => {
    test("extend as they say", {
      asm: `la a0, sandbox
            lb a1, 7(a0)\nlbu a2, 7(a0)\nlh a3, 6(a0)\nlhu a4, 6(a0)\nlw a5, 4(a0)\nlwu a6, 4(a0)`,
      memory: [0x8081_8283_0000_0000n],
      after: {
        a0: 0x40_0000n,
        a1: -128n,
        a2: 0x80n,
        a3: -0x7f7fn,
        a4: 0x8081n,
        a5: 0x8081_8283n - (1n << 32n),
        a6: 0x8081_8283n,
      },
    });
    test("go to any address", {
      asm: "li a0, sandbox\nli a1, -1\nsd a1, 3(a0)\nlw a2, 1(a0)",
      memory: [0n, 0n],
      memoryAfter: [0xffff_ffff_ff00_0000n, 0x00ff_ffffn],
      after: { a0: 0x40_0000n, a1: -1n, a2: -0x1_0000n },
    });
    test("that fail change nothing", {
      asm: "li a0, readOnly - 4\nstop: sd a0, 0(a0)",
      exit: "fault: write at 0x402000: permission",
      at: "stop",
      after: { a0: 0x40_1ffcn },
    });
  });
});

describe("RV32", () => {
  const test = semanticsTester({ describe, it }, riscvProfile(rv32()), engines);

  test("division", {
    asm: "div a0, a1, a2\nrem a3, a1, a2\ndiv a4, a1, zero\nremu a5, a1, zero",
    before: { a1: minimumWord, a2: -1 },
    after: { a0: minimumWord, a3: 0, a4: -1, a5: minimumWord },
  });
  test("shifts by more than 31", {
    asm: "sll a0, a1, a2\nsra a3, a1, a2",
    before: { a1: minimumWord, a2: 33 },
    after: { a0: 0, a3: minimumWord / 2n },
  });
  test("an amount of 32 in the instruction is reserved", {
    asm: "stop: .4byte 0x02051513",
    exit: "illegal 0x2051513 (4 bytes)",
    at: "stop",
  });
  test("addresses wrap", {
    asm: "li a0, -4\nstop: lw a1, 8(a0)",
    exit: "fault: read at 0x4: unmapped",
    at: "stop",
    after: { a0: -4 },
  });
  test("c.jal links", {
    asm: "c.jal 1f\nli a0, 1\n1: li a1, 2",
    after: { ra: 0x10002, a1: 2 },
  });
});

describe("RV32 without compressed instructions", () => {
  const isa = rv32({ extensions: [] });
  const test = semanticsTester({ describe, it }, riscvProfile(isa), engines);

  test("a taken branch to an odd halfword traps at the branch", {
    asm: "stop: beq zero, zero, .+6",
    exit: "trap 0, value 0x10006",
    at: "stop",
  });
  test("one that is not taken doesn't", { asm: "bne zero, zero, .+6" });
  test("jal traps before it links", {
    asm: "stop: jal ra, .+10",
    before: { ra: 1 },
    exit: "trap 0, value 0x1000a",
    at: "stop",
  });
  test("jalr traps before it links", {
    asm: "stop: jalr ra, 2(a0)",
    before: { a0: 0x2_0001, ra: 1 },
    exit: "trap 0, value 0x20002",
    at: "stop",
  });
});
