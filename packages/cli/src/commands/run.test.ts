import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { copyInput, echoArguments, exitWith, program, Workplace } from "../testing/programs.ts";
import { isovm } from "../testing/test-io.ts";

const work = new Workplace();
afterAll(() => work.remove());

const copy = work.file("copy", program(copyInput));
const echo = work.file("echo", program(echoArguments));

const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

describe.each(["interpreter", "reference", "tiered"])("isovm run --engine %s", (engine) => {
  const run = ["run", "--engine", engine];

  it("exits as the guest did", async () => {
    const path = work.file("exit", program(exitWith(42)));
    expect(await isovm([...run, path])).toMatchObject({ exitCode: 42, stdout: "", stderr: "" });
  });

  it("runs 32-bit programs, too", async () => {
    const path = work.file("exit32", program(exitWith(7), 32));
    expect((await isovm([...run, path])).exitCode).toBe(7);
  });

  it("hands over arguments as they are, options and dashes included", async () => {
    const words = ["-x", "--", "--help", "", "a b", "--fuel=1", "--"];
    const { exitCode, stdout } = await isovm([...run, echo, ...words]);
    expect(stdout.split("\n")).toEqual([echo, ...words, ""]);
    expect(exitCode).toBe(words.length + 1);
  });

  it("takes a program behind two dashes", async () => {
    expect((await isovm([...run, "--", echo, "-x"])).stdout).toBe(`${echo}\n-x\n`);
  });

  it("passes bytes through unchanged", async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) & 0xff);
    const result = await isovm([...run, copy], { stdin: bytes });
    expect(result.exitCode).toBe(0);
    expect(Buffer.compare(result.bytes, bytes)).toBe(0);
  });

  it("gives 128 and the signal's number, and says why", async () => {
    const path = work.file("illegal", program(".word 0"));
    const { exitCode, stderr } = await isovm([...run, path]);
    expect(exitCode).toBe(132);
    expect(stderr).toBe(
      "isovm: the program was ended by SIGILL: illegal instruction 0x0000 at 0x10000\n",
    );
    const fault = await isovm([...run, work.file("fault", program("ld a0, 8(zero)"))]);
    expect(fault.exitCode).toBe(139);
    expect(fault.stderr).toBe(
      "isovm: the program was ended by SIGSEGV: at pc 0x10000, address 0x8\n",
    );
  });

  it("says nothing of signals that are everyday's", async () => {
    const path = work.file(
      "interrupted",
      program("li a7, getpid; ecall; li a1, 2; li a7, kill; ecall; j _start"),
    );
    expect(await isovm([...run, path])).toMatchObject({ exitCode: 130, stderr: "" });
  });

  it("stops when the fuel is spent", async () => {
    const path = work.file("loop", program("j _start"));
    const { exitCode, stderr } = await isovm([...run, "--fuel", "10k", path]);
    expect(exitCode).toBe(123);
    expect(stderr).toBe(
      "isovm: stopped after 10000 instructions: give more with --fuel, or leave it out\n",
    );
  });

  it("stops when the memory is used up", async () => {
    const path = work.file(
      "greedy",
      program(`
        li a7, 222; li a0, 0; li a1, 0x40000000; li a2, 3; li a3, 0x22; li a4, -1; li a5, 0
        ecall
        li t0, 4096
      touch: sb t0, (a0); add a0, a0, t0; j touch`),
    );
    const { exitCode, stderr } = await isovm([...run, "--memory", "2M", path]);
    expect(exitCode).toBe(123);
    expect(stderr).toBe(
      "isovm: the program needs more than its 2 MiB of memory: give more with --memory\n",
    );
  });

  it("ends with figures if asked", async () => {
    const path = work.file("figures", program(exitWith(3)));
    const { exitCode, stderr } = await isovm([...run, "--stats", path]);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stderr)).toMatchObject({
      engine,
      instructions: 3,
      systemCalls: 1,
      translatedFraction: 0,
    });
    expect(JSON.parse(stderr).peakMemoryBytes).toBeGreaterThan(4096);
  });

  it("shows system calls if asked", async () => {
    const path = work.file("traced", program(`li a7, 999; ecall; ${exitWith(0)}`));
    const { stderr } = await isovm([...run, "--strace", path]);
    expect(stderr).toMatch(/0x3e7\(.*ENOSYS.*\nexit\(0\)/);
  });
});

describe("what a guest of isovm run sees", () => {
  it("is no environment of the host's, but what --env says", async () => {
    const path = work.file(
      "environment",
      program(`
        ld t0, 0(sp); slli t0, t0, 3; add t0, t0, sp; addi sp, t0, 8
        ${echoArguments}`),
    );
    const io = { environment: { SECRET: "x", TERM: "xterm" } };
    const { stdout } = await isovm(["run", "--env", "A=1", "--env", "HOME=/h", path], io);
    expect(stdout.split("\n").filter((line) => /^(A|HOME|TERM|SECRET)=/.test(line))).toEqual([
      "HOME=/h",
      "A=1",
    ]);
  });

  const catText = `
    ld a1, 16(sp); li a0, -100; li a2, 0; li a7, openat; ecall
    bltz a0, fail
    la a1, buffer; li a2, 64; li a7, read; ecall
    mv a2, a0; li a0, 1; la a1, buffer; li a7, write; ecall
    li a0, 0; li a7, exit; ecall
  fail: neg a0, a0; li a7, exit; ecall
    .bss
  buffer: .zero 64`;
  const cat = work.file("cat", program(catText));

  it("are the mounts, and nothing else", async () => {
    const note = work.file("note", "hello\n", 0o644);
    const run = (...words: string[]) => isovm(["run", ...words]);
    expect(await run(cat, note)).toMatchObject({ exitCode: 2, stdout: "" });
    expect((await run("--mount", `${work.path}:/w`, cat, "/w/note")).stdout).toBe("hello\n");
    expect((await run("--mount", `${note}:/etc/note:ro`, cat, "/etc/note")).stdout).toBe("hello\n");
    expect((await run("--mount", `${note}:/dev/note`, cat, "/dev/note")).stdout).toBe("hello\n");
    expect((await run(cat, "/proc/self/comm")).stdout).toBe("cat\n");
    expect((await run("--mount", `${work.path}:/w`, cat, "/w/../../etc/passwd")).exitCode).toBe(2);
  });

  it("is with --root that directory, and the program in it", async () => {
    const root = join(work.path, "root");
    mkdirSync(join(root, "bin"), { recursive: true });
    work.file("root/bin/cat", program(catText));
    work.file("root/bin/script", "#!/bin/cat\nin the script\n");
    work.file("root/file", "inside\n", 0o644);
    const run = (...words: string[]) => isovm(["run", "--root", root, ...words]);
    expect((await run("/bin/cat", "/file")).stdout).toBe("inside\n");
    expect((await run("bin/cat", "/file")).stdout).toBe("inside\n");
    expect((await run("/bin/script")).stdout).toBe("#!/bin/cat\nin the script\n");
    expect((await run(cat)).exitCode).toBe(127);
    expect((await run("/bin/cat", "/dev/null")).exitCode).toBe(0);
    expect((await run("--mount", `${work.path}:/w`, "/w/cat", "/w/root/file")).stdout).toBe(
      "inside\n",
    );
  });
});

/** The program with its last segment turned into one that names an interpreter. */
function withInterpreter(elf: Uint8Array, path: string): Uint8Array {
  const text = new TextEncoder().encode(`${path}\0`);
  const file = new Uint8Array(elf.length + text.length);
  file.set(elf);
  file.set(text, elf.length);
  const view = new DataView(file.buffer);
  const header = 64 + 56 * (view.getUint16(56, true) - 1);
  view.setUint32(header, 3, true);
  view.setBigUint64(header + 8, BigInt(elf.length), true);
  view.setBigUint64(header + 32, BigInt(text.length), true);
  view.setBigUint64(header + 40, BigInt(text.length), true);
  return file;
}

describe("bad input to isovm run", () => {
  const good = program(exitWith(0));
  const x86 = good.slice();
  x86[18] = 62;
  x86[19] = 0;
  const beyond = good.slice(0, 0x1000);
  const object = good.slice();
  const dynamic = withInterpreter(good, "/lib/ld.so");
  object[16] = 1;

  it.each([
    ["a missing file", [join(work.path, "none")], 127, /none: no such program/],
    ["a path through a file", [join(echo, "x")], 127, /no such program/],
    ["a directory", [work.path], 126, /is a directory/],
    ["an empty file", [work.file("empty", "")], 126, /is empty, not an executable/],
    ["a text file", [work.file("text", "hello\n")], 126, /is a text file, not an executable/],
    ["a script", [work.file("script", "#!/bin/sh\n")], 126, /its interpreter \/bin\/sh.*--root/],
    ["no permission", [work.file("mode", good, 0o644)], 126, /no execute permission/],
    ["a stub of an ELF file", [work.file("stub", good.slice(0, 10))], 126, /is a truncated ELF/],
    ["a truncated header", [work.file("head", good.slice(0, 40))], 126, /truncated/],
    ["truncated segments", [work.file("cut", beyond)], 126, /truncated/],
    ["x86-64", [work.file("x86", x86)], 126, /is an executable for x86-64, not riscv64 or riscv32/],
    [
      "a dynamic program",
      [work.file("dynamic", dynamic)],
      126,
      /interpreter \/lib\/ld\.so.*--root/,
    ],
    ["an object file", [work.file("object", object)], 126, /object file/],
    ["an unknown option", ["--frobnicate", echo], 125, /unknown option '--frobnicate'/],
    ["a misspelt option", ["--stat", echo], 125, /Did you mean --stats/],
    ["no program", [], 125, /missing required argument 'PROGRAM'/],
    ["an unknown engine", ["--engine", "warp", echo], 125, /"warp".*interpreter, reference/],
    ["an engine to come", ["--engine", "jit", echo], 125, /interpreter, reference/],
    ["a bad size", ["--memory", "lots", echo], 125, /"lots" is no size.*512M/],
    ["too much memory", ["--memory", "5G", echo], 125, /"5G" is more memory/],
    ["too little memory", ["--memory", "4k", echo], 123, /doesn't fit.*--memory/],
    ["bad fuel", ["--fuel", "-1", echo], 125, /"-1" is no number of instructions/],
    ["a bad mount", ["--mount", "here", echo], 125, /"here" is no mount: give HOST:GUEST/],
    ["a relative mount", ["--mount", "/tmp:tmp", echo], 125, /is no mount/],
    ["a mount of nothing", ["--mount", "/nowhere:/x", echo], 125, /\/nowhere: no such file/],
    ["a mount over the program", ["--mount", "/tmp:/bin", echo], 125, /hides the program/],
    ["a bad variable", ["--env", "A", echo], 125, /"A" is no variable: give NAME=value/],
    ["a missing root", ["--root", "/nowhere", "/x"], 125, /--root \/nowhere: no such file/],
    ["a root that is a file", ["--root", echo, "/x"], 125, /not a directory/],
    [
      "a program outside of the root",
      ["--root", work.path, echo],
      127,
      /in the guest's file system/,
    ],
  ] as const)("%s", async (_, words, code, message) => {
    const { exitCode, stderr, stdout } = await isovm(["run", ...words]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^isovm: [^\n]*\n$/);
    expect(exitCode).toBe(code);
    expect(stdout).toBe("");
  });

  it("still ends with figures where a limit was reached", async () => {
    const path = work.file("loop", program("j _start"));
    const { stderr } = await isovm(["run", "--fuel", "1000", "--stats", path]);
    expect(JSON.parse(lastLine(stderr)).instructions).toBe(1000);
  });
});
