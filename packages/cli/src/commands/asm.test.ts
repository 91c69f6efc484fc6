import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { hasOracles, runOracle } from "@isovm/testkit/oracle";
import { afterAll, describe, expect, it } from "vitest";
import { Workplace } from "../testing/programs.ts";
import { isovm } from "../testing/test-io.ts";

const work = new Workplace();
afterAll(() => work.remove());

const source = `# greets
        .equ write, 64
_start: li a7, write
        li a0, 1
        la a1, text
        li a2, 6
        ecall
        li a7, 93
        ecall
        .data
text:   .ascii "hello\\n"
`;
const file = work.file("hello.s", source);

describe("isovm asm", () => {
  it("prints a listing", async () => {
    const { exitCode, stdout } = await isovm(["asm", file]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`\
                                   # greets
                                           .equ write, 64
00010000  93 08 00 04              _start: li a7, write
00010004  13 05 10 00                      li a0, 1
00010008  97 05 00 00 93 85 85 01          la a1, text
00010010  13 06 60 00                      li a2, 6
00010014  73 00 00 00                      ecall
00010018  93 08 d0 05                      li a7, 93
0001001c  73 00 00 00                      ecall
                                           .data
00010020  68 65 6c 6c 6f 0a        text:   .ascii "hello\\n"
`);
  });

  it("makes executables that isovm run runs", async () => {
    const output = join(work.path, "hello");
    expect(await isovm(["asm", file, "-o", output])).toMatchObject({ exitCode: 0, stdout: "" });
    expect(statSync(output).mode & 0o111).not.toBe(0);
    expect(await isovm(["run", output])).toMatchObject({ exitCode: 6, stdout: "hello\n" });
  });

  it.skipIf(!hasOracles("riscv64-linux-gnu-objdump"))("gives them labels for others", async () => {
    const output = join(work.path, "labelled");
    await isovm(["asm", file, "-o", output, "--isa", "rv32imac"]);
    const { stdout } = await runOracle("riscv64-linux-gnu-objdump", ["-td", output]);
    const text = new TextDecoder().decode(stdout);
    expect(text).toContain("elf32-littleriscv");
    expect(text).toMatch(/^00011000 g\s+\.data\s+0+ text$/m);
    expect(text).toContain("<_start>:");
  });

  it.each([
    [["--format", "hex"], "33 85 c5 00\n"],
    [["--format", "bin"], "\x33\x85\xc5\x00"],
    [
      ["--format", "listing", "--base", "0x100"],
      "00000100  33 85 c5 00              add a0, a1, a2\n",
    ],
  ])("%j from standard input", async (options, expected) => {
    const { bytes } = await isovm(["asm", "-", ...options], { stdin: "add a0, a1, a2\n" });
    expect(Buffer.from(bytes).toString("latin1")).toBe(expected);
  });

  it("writes to a file what it would print", async () => {
    const output = join(work.path, "bytes");
    await isovm(["asm", file, "--format", "bin", "-o", output]);
    const { bytes } = await isovm(["asm", file, "--format", "bin"]);
    expect(Buffer.compare(readFileSync(output), bytes)).toBe(0);
  });

  it("points at mistakes, all of them", async () => {
    const bad = work.file("bad.s", "  addi a0, a1, 5000\n  frob a0\n");
    const { exitCode, stdout, stderr } = await isovm(["asm", bad]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    const lines = stderr.split("\n");
    expect(lines[0]).toMatch(/bad\.s:1:16: /);
    expect(lines.slice(1, 3)).toEqual(["    addi a0, a1, 5000", "                 ^"]);
    expect(lines[3]).toMatch(/bad\.s:2:3: /);
  });

  it.each([
    ["a missing file", ["nowhere.s"], 1, /nowhere\.s: no such file/],
    ["a directory", [work.path], 1, /is a directory/],
    ["no file", [], 125, /missing required argument 'FILE'/],
    ["an unknown ISA", [file, "--isa", "z80"], 125, /no ISA "z80"; give one such as rv64gc/],
    [
      "an unknown extension",
      [file, "--isa", "rv64iv"],
      125,
      /--isa rv64iv: there is no extension v/,
    ],
    ["an unknown format", [file, "--format", "coff"], 125, /choices are elf, bin, hex, listing/],
    ["a bad base", [file, "--base", "here"], 125, /"here" is no address/],
    [
      "a place without a directory",
      [file, "-o", "/nowhere/x"],
      1,
      /\/nowhere\/x: can't be written/,
    ],
  ])("refuses %s", async (_, words, code, message) => {
    const { exitCode, stderr } = await isovm(["asm", ...words]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^isovm: [^\n]*\n$/);
    expect(exitCode).toBe(code);
  });
});
