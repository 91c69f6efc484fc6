/** Dynamically linked programs of Debian run as they do under QEMU, Python as natively. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { openHostDirectory } from "@isovm/abi/node";
import { rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { debianRoot, hasDebian } from "../debian/index.ts";
import { hasOracles, oracle, runOracle } from "../oracle/index.ts";
import { type ProgramRun, type RunProgramOptions, runProgram } from "./programs/run-program.ts";
import { behaviourOf, restlessTranslator, translator } from "./programs/translators.ts";

const isa = rv64();
const environment = { PATH: "/usr/bin", HOME: "/tmp", LC_ALL: "C", TZ: "UTC", ISOVM_TEST: "x" };
const programs = new URL("./programs/", import.meta.url);
const source = (path: string): string => readFileSync(new URL(path, programs), "utf8");
const lines = (bytes: Uint8Array): string[] => new TextDecoder("latin1").decode(bytes).split("\n");

function runInRoot(root: string, options: RunProgramOptions): ProgramRun {
  return runProgram({
    isa,
    environment,
    workingDirectory: "/tmp",
    root: openHostDirectory(root, { readOnly: true }),
    ...options,
  });
}

describe.skipIf(!hasDebian() || !hasOracles("python3"))("Python", { timeout: 240_000 }, () => {
  it.each(["standard-library.py", "system.py"])("runs %s", async (name) => {
    const root = await debianRoot({ packages: ["python3-minimal", "libpython3-stdlib"] });
    const directory = new URL("python/", programs);
    const run = runInRoot(root, {
      program: "/usr/bin/python3",
      args: [`/mnt/${name}`, "argument"],
      mounts: { "/mnt": openHostDirectory(directory.pathname, { readOnly: true }) },
    });
    const native = spawnSync(oracle("python3"), [`${directory.pathname}${name}`, "argument"], {
      env: { ...environment, PATH: process.env.PATH },
    });
    expect(run.stderr).toBe("");
    expect(lines(run.output)).toEqual(lines(native.stdout));
    expect(run.code).toBe(native.status);
    expect(run.code).toBe(name === "system.py" ? 7 : 0);
  });
});

const text = Array.from(
  { length: 8000 },
  (_, index) => `${(index * 7919) % 8009} line ${index.toString(36)}`,
).join("\n");

const cases: readonly (readonly [program: string, args: readonly string[], stdin: string])[] = [
  ["perl", ["-"], source("debian/features.pl")],
  ["bash", ["-s"], source("debian/features.bash")],
  [
    "dash",
    ["-c", "x=$(echo a | while read y; do echo $y$y; done); echo $x; (exit 3); echo $?"],
    "",
  ],
  ["sqlite3", [":memory:"], source("debian/queries.sql")],
  ["sqlite3", [`/tmp/isovm-${process.pid}.db`], source("debian/queries.sql")],
  ["xz", ["-c"], text],
  ["xz", ["-T3", "-1", "--block-size=30000", "-c"], text],
  ["sort", ["--parallel=4", "-S", "100k", "-k2"], text],
  ["sort", ["-n"], text],
  ["b2sum", [], text],
  ["cksum", [], text],
  ["od", ["-t", "f8x2"], text.slice(0, 1000)],
  ["factor", ["18446744073709551557", "340282366920938463463374607431768211455"], ""],
  ["numfmt", ["--to=iec", "123456789", "1024"], ""],
  ["date", ["-u", "-d", "2024-02-29 12:00 +1 year", "+%c %s"], ""],
  ["expr", ["12345678901234567890", "*", "98765432109876543210"], ""],
  ["ls", ["/no/such"], ""],
  ["seq", ["0", "0.1", "1"], ""],
  ["printf", ["%.20g %a %s\\n", "0.1", "3", "x"], ""],
  ["timeout", ["1", "true"], ""],
  ["tac", [], text],
  ["ptx", [], "the quick brown fox\n"],
  ["split", ["-n", "r/2/3"], text],
  ["readlink", ["-f", "/bin/sh"], ""],
];

describe.skipIf(!hasDebian() || !hasOracles("qemu-riscv64"))(
  "Debian's programs",
  { timeout: 120_000 },
  () => {
    it.each(cases)("%s %j does what it does under QEMU", async (name, args, stdin) => {
      const root = await debianRoot({
        packages: ["bash", "coreutils", "dash", "perl-base", "sqlite3", "xz-utils"],
      });
      const program = `/usr/bin/${name}`;
      const path = `${root}${program}`;
      const run = runInRoot(root, { program, args, stdin, name: path });
      const qemu = await runOracle("qemu-riscv64", ["-L", root, path, ...args], {
        stdin,
        env: environment,
        cwd: "/tmp",
      });
      expect(lines(run.output)).toEqual(lines(qemu.stdout));
      expect(run.stderr).toBe(new TextDecoder().decode(qemu.stderr));
      expect(run.code).toBe(qemu.code);
    });
  },
);

describe.skipIf(!hasDebian())("Debian's programs, translated", { timeout: 240_000 }, () => {
  const packages = ["bash", "coreutils", "perl-base", "sqlite3", "xz-utils"];
  const wanted = ["bash", "perl", "sqlite3", "xz", "sort", "b2sum", "od", "factor"];

  /** Runs with every engine and compares what they did. */
  function compare(root: string, options: RunProgramOptions, samplePeriod: number): void {
    const expected = behaviourOf(runInRoot(root, options));
    expect(expected.lines.length).toBeGreaterThan(1);
    for (const engine of [translator, restlessTranslator(samplePeriod)]) {
      expect(behaviourOf(runInRoot(root, { ...options, engine }))).toEqual(expected);
    }
  }

  it.each(cases.filter(([name]) => wanted.includes(name)))(
    "%s %j does the same as on the interpreter",
    async (name, args, stdin) => {
      const root = await debianRoot({ packages });
      compare(root, { program: `/usr/bin/${name}`, args, stdin }, 100_003);
    },
  );

  it.each(["standard-library.py", "system.py"])(
    "python3 runs %s as on the interpreter",
    async (name) => {
      const root = await debianRoot({ packages: ["python3-minimal", "libpython3-stdlib"] });
      const scripts = openHostDirectory(new URL("python/", programs).pathname, { readOnly: true });
      const args = [`/mnt/${name}`, "argument"];
      const options = { program: "/usr/bin/python3", args, mounts: { "/mnt": scripts } };
      compare(root, options, 500_009);
    },
  );
});
