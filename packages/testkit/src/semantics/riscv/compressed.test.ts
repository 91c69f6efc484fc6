/**
 * Compressed instructions: what they expand to, what is reserved, what is a hint.
 *
 * @see RISC-V Unprivileged 20240411, 27
 */
import { interpreter, reference } from "@isovm/interpreter";
import { rv32, rv64 } from "@isovm/riscv";
import { describe, it } from "vitest";
import { riscvProfile } from "../../profiles/riscv.ts";
import { semanticsTester } from "../semantics.ts";

const engines = [reference, interpreter];
const test = semanticsTester({ describe, it }, riscvProfile(rv64()), engines);
const test32 = semanticsTester({ describe, it }, riscvProfile(rv32()), engines);

describe("reserved encodings are illegal", () => {
  const reserved = (what: string, word: number, tester = test): void =>
    tester(`${what}: 0x${word.toString(16)}`, {
      asm: `stop: .2byte ${word}`,
      before: { sp: 1, a0: 1 },
      exit: `illegal 0x${word.toString(16)} (2 bytes)`,
      at: "stop",
    });
  reserved("all zeros", 0);
  reserved("c.addi4spn of 0", 0x0008);
  reserved("c.addiw to x0", 0x2005);
  reserved("c.addi16sp of 0", 0x6101);
  reserved("c.lui of 0", 0x6501);
  reserved("c.lwsp to x0", 0x4002);
  reserved("c.ldsp to x0", 0x6002);
  reserved("c.jr of x0", 0x8002);
  reserved("quadrant 0, funct3 4, without Zcb", 0x8000);
  reserved("c.subw and c.addw's neighbours", 0x9c41);
  reserved("c.subw on RV32", 0x9c09, test32);
  reserved("a shift amount of 32 on RV32", 0x1502, test32);
  reserved("c.srli by 32 on RV32", 0x9101, test32);
});

describe("hints do nothing", () => {
  for (const hint of [
    "c.nop 5",
    "c.li zero, 1",
    "c.mv zero, a0",
    "c.add zero, a0",
    "c.slli64 a0",
  ]) {
    test(hint, { asm: hint, before: { a0: 5 } });
  }
  test("c.lui to x0", { asm: ".2byte 0x6005", before: { a0: 5 } });
});

describe("instructions", () => {
  test("c.addi16sp reaches both ways", {
    asm: "c.addi16sp sp, -512\nmv a0, sp\nc.addi16sp sp, 496",
    before: { sp: 0x1000 },
    after: { a0: 0xe00, sp: 0xff0 },
  });
  test("c.addi4spn", {
    asm: "c.addi4spn a0, sp, 1020",
    before: { sp: 0x1000 },
    after: { a0: 0x13fc },
  });
  test("c.lui extends the sign", { asm: "c.lui a0, 0xfffe0", after: { a0: -0x2_0000 } });
  test("c.addiw wraps", {
    asm: "c.addiw a0, 1",
    before: { a0: 0x7fff_ffff },
    after: { a0: -(2 ** 31) },
  });
  test("c.jalr links behind its two bytes", {
    asm: "la t0, target\nc.jalr t0\nli a0, 1\ntarget: li a1, 1",
    after: { ra: 0x1000an, a1: 1 },
    clobbers: ["t0"],
  });
  test("c.jalr through the link register", {
    asm: "la ra, target\nc.jalr ra\nli a0, 1\ntarget: li a1, 1",
    after: { ra: 0x1000an, a1: 1 },
  });
  test("c.bnez and c.beqz", {
    asm: "c.li a0, 3\n1: c.addi a1, 1\nc.addi a0, -1\nc.bnez a0, 1b\nc.beqz a0, 2f\nc.li a2, 1\n2: c.nop",
    after: { a1: 3 },
  });
  test("loads and stores", {
    asm: "c.sd a0, 8(s0)\nc.lw a1, 12(s0)\nc.sdsp a1, 16(sp)\nc.lwsp a2, 16(sp)\nc.fld fa0, 8(s0)",
    before: { s0: 0x40_0000, sp: 0x40_0000, a0: 0x8765_4321_0000_0001n },
    memory: [0n, 0n, 0n],
    memoryAfter: [0n, 0x8765_4321_0000_0001n, 0x8765_4321n - (1n << 32n)],
    after: {
      a1: 0x8765_4321n - (1n << 32n),
      a2: 0x8765_4321n - (1n << 32n),
      fa0: 0x8765_4321_0000_0001n,
    },
  });
  test32("c.flw boxes", {
    asm: "c.flw fa0, 0(s0)",
    before: { s0: 0x40_0000 },
    memory: [0x3f80_0000n],
    after: { fa0: 0xffff_ffff_3f80_0000n },
  });
  test("c.ebreak stops", { asm: "stop: c.ebreak", exit: "effect breakpoint", at: "stop" });
});
