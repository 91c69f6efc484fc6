/** The command as a process of its own: real streams, signals and exit codes. */
import {
  type ChildProcess,
  execFileSync,
  type SpawnOptions,
  spawn,
  spawnSync,
} from "node:child_process";
import {
  appendFileSync,
  cpSync,
  createReadStream,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyInput, exitWith, program, Workplace } from "./testing/programs.ts";

const work = new Workplace();
afterAll(() => work.remove());
const bundle = join(work.path, "dist");
const command = join(work.path, "bin/isovm.js");
beforeAll(() => {
  const home = join(import.meta.dirname, "..");
  cpSync(join(home, "bin"), join(work.path, "bin"), { recursive: true });
  execFileSync(process.execPath, [join(home, "bundle.mjs"), bundle], { stdio: "pipe" });
});

interface Finished {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function start(words: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(process.execPath, [command, ...words], { stdio: "pipe", ...options });
}

async function finish(child: ChildProcess): Promise<Finished> {
  const stdout: Buffer[] = [];
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => {
    child.on("close", resolve);
  });
  return { code, stdout: Buffer.concat(stdout), stderr };
}

const copy = work.file("copy", program(copyInput));
/** Says that it is there, then sleeps for ever. */
const sleeper = work.file(
  "sleeper",
  program(`
    li a0, 1; la a1, ready; li a2, 1; li a7, write; ecall
    la a0, time; li a1, 0; li a7, nanosleep; ecall
    j _start
    .data
  ready: .ascii "."
    .align 3
  time: .quad 100000, 0`),
);
/** Writes without an end. */
const writer = work.file(
  "writer",
  program(`
    li a0, 1; la a1, buffer; li a2, 65536; li a7, write; ecall
    bgez a0, _start
    neg a0, a0; li a7, exit; ecall
    .bss
  buffer: .zero 65536`),
);

/** util-linux's way to run a command at a pseudo-terminal. */
const typescript = "script";
const hasScript = spawnSync(typescript, ["--version"]).stdout?.includes("util-linux") ?? false;

describe.skipIf(!hasScript)("at a terminal", () => {
  /** Runs isovm at a pseudo-terminal, whose keys are the child's standard input. */
  const atTerminal = (words: readonly string[]): ChildProcess => {
    const line = [process.execPath, command, ...words].map((word) => `'${word}'`).join(" ");
    return spawn(typescript, ["-qec", line, "/dev/null"], { stdio: "pipe" });
  };

  it("the guest has one, too", async () => {
    const path = work.file(
      "isatty",
      program(
        "li a0, 0; li a1, 0x5401; la a2, b; li a7, 29; ecall; li a7, exit; ecall; .bss; b: .zero 64",
      ),
    );
    expect((await finish(atTerminal(["run", path]))).code).toBe(0);
    expect((await finish(start(["run", path]))).code).toBe(256 - 25);
  });

  it("input goes on behind the end-of-file key", async () => {
    // Reads until its input has ended twice.
    const path = work.file(
      "twice",
      program(`
        li s0, 2
      again:
        li a0, 0; la a1, buffer; li a2, 64; li a7, read; ecall
        beqz a0, ended
        mv a2, a0; li a0, 1; la a1, buffer; li a7, write; ecall
        j again
      ended:
        addi s0, s0, -1; bnez s0, again
        li a7, exit; ecall
        .bss
      buffer: .zero 64`),
    );
    const child = atTerminal(["run", path]);
    const finished = finish(child);
    for (const keys of ["one\n", "\x04two\n"]) {
      child.stdin?.write(keys);
      // The terminal's echo, then the guest's copy.
      const word = keys.trim().replace("\x04", "");
      for (let seen = ""; seen.split(word).length < 3; ) {
        seen += await new Promise((resolve) => child.stdout?.once("data", resolve));
      }
    }
    child.stdin?.write("\x04");
    expect((await finished).code).toBe(0);
  });
});

describe("the isovm process", () => {
  it("exits with the guest's code", async () => {
    const path = work.file("exit", program(exitWith(200)));
    expect((await finish(start(["run", path]))).code).toBe(200);
    expect((await finish(start(["run", "nowhere"]))).code).toBe(127);
  });

  it("passes megabytes through pipes, whatever their pace", async () => {
    const child = start(["run", copy]);
    const bytes = Buffer.alloc(3_000_000, "0123456789abcdef\n");
    child.stdin?.end(bytes);
    const { code, stdout } = await finish(child);
    expect(code).toBe(0);
    expect(stdout.equals(bytes)).toBe(true);
  });

  it("reads files as far as the guest wants them", async () => {
    const path = work.file("input", Buffer.alloc(200_000, "xy"));
    const descriptor = openSync(path, "r");
    const one = work.file(
      "one",
      program(
        "li a0, 0; la a1, b; li a2, 5; li a7, read; ecall; li a7, exit; ecall; .bss; b: .zero 8",
      ),
    );
    const child = start(["run", one], { stdio: [descriptor, "pipe", "pipe"] });
    expect((await finish(child)).code).toBe(5);
    const rest = createReadStream("", { fd: descriptor });
    let length = 0;
    for await (const chunk of rest) length += (chunk as Buffer).length;
    expect(length).toBe(199_995);
  });

  it("waits for input while nothing else is to be done", async () => {
    const child = start(["run", copy]);
    const finished = finish(child);
    for (const piece of ["one\n", "two\n"]) {
      child.stdin?.write(piece);
      await new Promise((resolve) => child.stdout?.once("data", resolve));
    }
    child.stdin?.end();
    expect((await finished).stdout.toString()).toBe("one\ntwo\n");
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("hands %s to a guest that sleeps", async (signal, code) => {
    const child = start(["run", sleeper]);
    child.stdout?.once("data", () => child.kill(signal));
    expect((await finish(child)).code).toBe(code);
  });

  it("hands SIGINT to a guest that computes", async () => {
    const path = work.file(
      "spinner",
      program("li a0, 1; mv a1, sp; li a2, 1; li a7, write; ecall; j ."),
    );
    const child = start(["run", path]);
    child.stdout?.once("data", () => child.kill("SIGINT"));
    expect((await finish(child)).code).toBe(130);
  });

  it("ends its guest by SIGPIPE when the reader has gone", async () => {
    const child = start(["run", writer]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, stderr } = await finish(child);
    expect({ code, stderr }).toEqual({ code: 141, stderr: "" });
  });

  it("loses nothing of large text at exit", async () => {
    const path = work.file("code", Buffer.alloc(400_000, Buffer.of(0x33, 0x85, 0xc5, 0)));
    const child = start(["disasm", "--raw", path]);
    const { code, stdout } = await finish(child);
    expect(code).toBe(0);
    expect(stdout.toString().split("\n")).toHaveLength(100_001);
  });

  it("keeps its own compiled code and generated interpreters, and takes nothing else for them", async () => {
    const path = work.file("seven", program(exitWith(7)));
    const kept = (): string[] =>
      ["code", "interpreters"].flatMap((name) => {
        const directory = join(bundle, name);
        return readdirSync(directory).map((file) => join(directory, file));
      });
    rmSync(join(bundle, "code"), { recursive: true, force: true });
    const run = async (): Promise<number | null> => (await finish(start(["run", path]))).code;
    expect(await run()).toBe(7);
    const files = kept();
    // Interpreters for programs and for machines, of 64 and of 32 bits.
    expect(files).toHaveLength(1 + 4);
    const times = files.map((file) => statSync(file).mtimeMs);
    expect(await run()).toBe(7);
    expect(files.map((file) => statSync(file).mtimeMs)).toEqual(times);
    for (const file of files) writeFileSync(file, readFileSync(file).subarray(0, 5000));
    expect(await run()).toBe(7);
    // All but the three interpreters that this run doesn't need.
    expect(files.filter((file) => statSync(file).size > 5000)).toHaveLength(2);
    expect(kept()).toEqual(files);
    appendFileSync(join(bundle, "command.cjs"), "\n");
    const before = kept().map((file) => readFileSync(file));
    expect(await run()).toBe(7);
    const changed = kept().filter((file, index) => !before[index]?.equals(readFileSync(file)));
    expect(changed).toHaveLength(2);
  });

  it("shows a stack of its own failures if asked", async () => {
    const env = { ...process.env, ISOVM_DEBUG: "1" };
    const { code, stderr } = await finish(start(["run", "--memory", "x", copy], { env }));
    expect(code).toBe(125);
    expect(stderr).toMatch(/^isovm: "x" is no size.*\n.*UsageError/);
  });
});
