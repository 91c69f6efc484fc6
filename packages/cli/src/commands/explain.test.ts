import { describe, expect, it } from "vitest";
import { isovm } from "../testing/test-io.ts";

describe("isovm explain", () => {
  it("says all about a word", async () => {
    const { exitCode, stdout } = await isovm(["explain", "--no-wasm", "0x00310113"]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`\
0x00310113  addi sp,sp,3
addi rd, rs1, imm
RISC-V Unprivileged 20240411, 2.4.1 (I: RV64I base integer instruction set)

  31        20   19 15   14 12   11  7   6     0
┌──────────────┬───────┬───────┬───────┬─────────┐
│     imm      │  rs1  │  000  │  rd   │ 0010011 │
├──────────────┼───────┼───────┼───────┼─────────┤
│ 000000000011 │ 00010 │  000  │ 00010 │ 0010011 │
└──────────────┴───────┴───────┴───────┴─────────┘

rd   sp  register x0 to x31, written
rs1  sp  register x0 to x31, read
imm  3   a number from -2048 to 2047

t0 = x[rs1]
x[rd] = t0 + sext64(imm)
`);
  });

  it.each([
    [["add a0, a1, a2"], /^0x00c58533 {2}add a0,a1,a2\n/],
    [["add", "a0,", "a1,", "a2"], /^0x00c58533 {2}add a0,a1,a2\n/],
    [["AMOADD.W"], /^amoadd\.w\{ordering\} .*\n/],
    [["ecall"], /^ecall\n/],
    [["ret"], /^ret is short for/],
    [["li a0, 0x12345678"], /^0x.*lui.*0x.*addi/s],
    [["--isa", "rv32imac", "c.jal"], /^c\.jal imm\n/],
  ])("%j", async (words, expected) => {
    const { exitCode, stdout } = await isovm(["explain", ...words]);
    expect(stdout).toMatch(expected);
    expect(exitCode).toBe(0);
  });

  it("shows the code that the interpreter runs", async () => {
    const { stdout } = await isovm(["explain", "add"]);
    expect(stdout).toMatch(/in WebAssembly:\n {2}\(local\.set.*i64\.add/s);
    expect((await isovm(["explain", "--no-wasm", "add"])).stdout).not.toContain("WebAssembly");
  });

  it.each([
    [["frobnicate"], 1, /"frobnicate" is no instruction of rv64/],
    [["add a0, a1"], 1, /"add a0, a1" is no instruction of rv64.*: /],
    [["0"], 1, /0x0 is no instruction/],
    [[".word 0"], 1, /no instruction/],
    [[""], 1, /no instruction/],
    [[], 125, /missing required argument/],
  ])("refuses %j", async (words, code, message) => {
    const { exitCode, stdout, stderr } = await isovm(["explain", ...words]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^isovm: [^\n]*\n$/);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
  });
});
