import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exitWith, program, Workplace } from "../testing/programs.ts";
import { isovm } from "../testing/test-io.ts";

const work = new Workplace();
afterAll(() => work.remove());

const source = `
_start: jal ra, sub
loop:   addi a0, a0, -1
        bnez a0, loop
        .word 0
sub:
other:  ret
        .data
value:  .word 1
`;
const elf = join(work.path, "elf");
beforeAll(async () => {
  await isovm(["asm", work.file("source.s", source), "-o", elf]);
});

describe("isovm disasm", () => {
  it("prints code with its labels", async () => {
    const { exitCode, stdout } = await isovm(["disasm", elf]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`\
.text:

0000000000010000 <_start>:
   10000:  010000ef          jal         ra,sub

0000000000010004 <loop>:
   10004:  fff50513          addi        a0,a0,-1
   10008:  fe051ee3          bne         a0,zero,loop
   1000c:  0000              .2byte      0x0
   1000e:  0000              .2byte      0x0

0000000000010010 <sub>:
0000000000010010 <other>:
   10010:  00008067          jalr        zero,0(ra)
`);
  });

  it("prefers pseudo-instructions if asked", async () => {
    const { stdout } = await isovm(["disasm", "--aliases", elf]);
    expect(stdout).toContain("bnez        a0,loop");
    expect(stdout).toMatch(/ret$/m);
  });

  it("takes the instruction set from the file, or from --isa", async () => {
    const path = work.file("rv32", program("c.jal _start\n c.nop", 32));
    expect((await isovm(["disasm", path])).stdout).toMatch(/c\.jal +0x10000/);
    expect((await isovm(["disasm", path, "--isa", "rv32i"])).stdout).toContain(".2byte");
  });

  it("finds code in files without sections", async () => {
    const path = work.file("bare", program(exitWith(0)));
    expect((await isovm(["disasm", path])).stdout).toMatch(
      /^executable segment:\n\s+10000: +00000513 +addi +a0,zero,0\n/,
    );
  });

  it("takes bytes as they are", async () => {
    const path = work.file("raw", Uint8Array.of(0x33, 0x85, 0xc5, 0, 0x6f, 0xf0, 0xdf, 0xff, 1));
    const { stdout } = await isovm(["disasm", "--raw", "--base", "0x8000_0000", path]);
    expect(stdout).toBe(`\
80000000:  00c58533          add         a0,a1,a2
80000004:  ffdff06f          jal         zero,0x80000000
80000008:  01                .byte       0x1
`);
  });

  it("reads pieces as one", async () => {
    // A four-byte instruction lies across each boundary of pieces.
    const count = 200_000;
    const bytes = new Uint8Array(2 + 4 * count);
    bytes.set([0x01, 0x00]);
    for (let index = 0; index < count; index += 1) bytes.set([0x33, 0x85, 0xc5, 0], 2 + 4 * index);
    const { stdout } = await isovm(["disasm", "--raw", work.file("large", bytes)]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(1 + count);
    expect(lines.slice(1).every((line) => line.endsWith("add         a0,a1,a2"))).toBe(true);
    expect(lines.at(-1)).toMatch(/^ *c34fe:/);
  });

  it("takes words", async () => {
    const words = ["--word", "0x00310113", "--word", "0b1000000010000010", "--word", "32871"];
    const { stdout } = await isovm(["disasm", ...words]);
    expect(stdout).toBe("addi sp,sp,3\nc.jr ra\njalr zero,0(ra)\n");
  });

  const x86 = program("nop");
  x86[18] = 62;
  x86[19] = 0;

  it.each([
    ["a missing file", ["nowhere"], 1, /nowhere: no such file/],
    ["a text file", [work.file("text", "x")], 1, /is a text file, not an ELF file; --raw/],
    ["a stub", [work.file("stub", x86.slice(0, 30))], 1, /is a truncated ELF file/],
    ["headers alone", [work.file("head", program("nop").slice(0, 64))], 1, /no executable section/],
    ["another machine", [work.file("x86", x86)], 1, /is an executable for x86-64; that ISA is not/],
    ["no instruction", ["--word", "0"], 1, /0x0 is no instruction of rv64/],
    ["no word", ["--word", "x"], 125, /"x" is no instruction word/],
    ["a word too long", ["--word", `0x1${"0".repeat(32)}`], 125, /is no instruction word/],
    ["nothing", [], 125, /give FILE, or --word/],
    ["both", ["--word", "1", elf], 125, /not both/],
    ["a base for ELF", ["--base", "0", elf], 125, /--base is for --raw/],
  ] as const)("refuses %s", async (_, words, code, message) => {
    const { exitCode, stdout, stderr } = await isovm(["disasm", ...words]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^isovm: [^\n]*\n$/);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
  });

  it("survives hostile headers", async () => {
    const good = readFileSync(elf);
    let seed = 1;
    for (let round = 0; round < 100; round += 1) {
      const bad = Uint8Array.from(good);
      for (let change = 0; change < 4; change += 1) {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        const inHeaders = seed % 3 === 0 ? seed % 64 : bad.length - 1 - (seed % 500);
        bad[inHeaders] = (seed >> 8) & 0xff;
      }
      const { exitCode, stderr } = await isovm(["disasm", work.file("hostile", bad)]);
      expect([0, 1]).toContain(exitCode);
      expect(stderr).not.toContain("internal error");
    }
  });
});
