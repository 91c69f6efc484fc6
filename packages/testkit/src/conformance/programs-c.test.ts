/** Programs in C, compiled when the tests run, do in isovm what they do under QEMU and Linux. */
import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { reference } from "@isovm/interpreter";
import { rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { hasOracles, type OracleResult, runOracle } from "../oracle/index.ts";
import { withCompiled } from "./programs/compile.ts";
import { type ProgramRun, type RunProgramOptions, runProgram } from "./programs/run-program.ts";
import { behaviourOf, restlessTranslator, translator } from "./programs/translators.ts";

const isa = rv64();
const directory = new URL("./programs/c/", import.meta.url);
const linuxDirectory = new URL("./programs/c-linux/", import.meta.url);
const sources = (url: URL): string[] => readdirSync(url).filter((name) => name.endsWith(".c"));
const lines = (bytes: Uint8Array): string[] => new TextDecoder().decode(bytes).split("\n");

function run(contents: Uint8Array, options: Partial<RunProgramOptions> = {}): ProgramRun {
  return runProgram({
    isa,
    program: "/bin/program",
    workingDirectory: "/tmp",
    files: { "bin/program": { contents, mode: 0o755 } },
    ...options,
  });
}

function exitStatus({ code, signal }: OracleResult): number | undefined {
  if (signal === null) return code ?? undefined;
  return 128 + (Object.entries(constants.signals).find(([name]) => name === signal)?.[1] ?? 0);
}

describe.skipIf(!hasOracles("riscv64-linux-gnu-gcc", "qemu-riscv64"))("programs in C", () => {
  it.each(sources(directory))("%s does what it does under QEMU", { timeout: 60_000 }, (name) =>
    withCompiled(new URL(name, directory).pathname, ["-static"], async ({ path, contents }) => {
      const { output, stderr, code } = run(contents);
      const qemu = await runOracle("qemu-riscv64", [path], { cwd: "/tmp" });
      expect(lines(output)).toEqual(lines(qemu.stdout));
      expect(stderr).toBe(new TextDecoder().decode(qemu.stderr));
      expect(code).toBe(exitStatus(qemu));
      expect(output.length).toBeGreaterThan(0);
    }),
  );

  it.each(["atomics.c", "code.c", "signals.c"])(
    "%s does the same on the reference evaluator",
    { timeout: 60_000 },
    (name) =>
      withCompiled(new URL(name, directory).pathname, ["-static"], ({ contents }) => {
        const fast = run(contents);
        const slow = run(contents, { engine: reference });
        expect(lines(slow.output)).toEqual(lines(fast.output));
        expect(slow.code).toBe(fast.code);
        expect(slow.vm.executed).toBe(fast.vm.executed);
      }),
  );
});

describe.skipIf(!hasOracles("riscv64-linux-gnu-gcc"))("programs in C, translated", () => {
  /** Programs that execute tens of millions of instructions. */
  const long = ["floating.c", "processes.c"];
  const all = [directory, linuxDirectory].flatMap((url) =>
    sources(url).map((name) => [name, new URL(name, url).pathname] as const),
  );

  it.each(all)("%s does the same as on the interpreter", { timeout: 60_000 }, (name, path) =>
    withCompiled(path, ["-static"], ({ contents }) => {
      const expected = behaviourOf(run(contents));
      const restless = restlessTranslator(long.includes(name) ? 20_011 : 997);
      expect(behaviourOf(run(contents, { engine: translator }))).toEqual(expected);
      expect(behaviourOf(run(contents, { engine: restless }))).toEqual(expected);
    }),
  );
});

// QEMU's user mode differs from Linux here: it can't execute programs, misses writes to code in
// files, and hangs after a partial mprotect.
describe.skipIf(!hasOracles("riscv64-linux-gnu-gcc"))("programs in C beyond QEMU", () => {
  it.each(sources(linuxDirectory))("%s does what Linux does", { timeout: 60_000 }, (name) =>
    withCompiled(new URL(name, linuxDirectory).pathname, ["-static"], ({ contents }) => {
      const { stdout, stderr, code } = run(contents);
      const expected = readFileSync(new URL(name.replace(/c$/, "out"), linuxDirectory), "utf8");
      expect(`${stdout}${stderr}exit ${code}\n`.split("\n")).toEqual(expected.split("\n"));
    }),
  );
});
