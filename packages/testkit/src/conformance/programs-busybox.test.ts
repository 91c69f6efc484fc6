/** Debian's busybox runs shell scripts as it does natively. */
import { readdirSync, readFileSync } from "node:fs";
import { rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { hasDebian } from "../debian/index.ts";
import { hasOracles, runOracle } from "../oracle/index.ts";
import { busyboxPath, hasNativeBusybox, scriptInVm, scriptOnHost } from "./programs/busybox.ts";
import { runProgram } from "./programs/run-program.ts";
import { behaviourOf, restlessTranslator, translator } from "./programs/translators.ts";

const directory = new URL("./programs/shell/", import.meta.url);
const isa = rv64();

describe.skipIf(!hasDebian() || !hasNativeBusybox)("busybox's shell", { timeout: 120_000 }, () => {
  it.each(readdirSync(directory))("runs %s", async (name) => {
    const script = readFileSync(new URL(name, directory), "utf8");
    const { code, stdout, stderr } = await scriptInVm(script, isa);
    const host = await scriptOnHost(script);
    expect({ code, stdout: stdout.split("\n"), stderr }).toEqual({
      ...host,
      stdout: host.stdout.split("\n"),
    });
  });
});

describe.skipIf(!hasDebian() || !hasOracles("qemu-riscv64"))("busybox's applets", () => {
  const input = Array.from({ length: 2000 }, (_, index) => `${(index * 7919) % 2003} line`).join(
    "\n",
  );

  it.each([
    ["sha256sum"],
    ["sha512sum"],
    ["sort", "-n"],
    ["awk", '{ s += $1 / 3 } END { printf "%.17g %d\\n", s, NR }'],
    ["sed", "-n", "s/^1\\(.*\\) line/<\\1>/p"],
    ["gzip", "-c"],
    ["grep", "-c", "99"],
    ["expr", "7", "*", "6"],
  ])("%s writes what it writes under QEMU", async (...args) => {
    const program = await busyboxPath();
    const contents = readFileSync(program);
    const files = { "bin/busybox": { contents, mode: 0o755 } };
    const environment = { PATH: "/bin", HOME: "/" };
    const run = runProgram({
      isa,
      program: "/bin/busybox",
      args,
      environment,
      stdin: input,
      files,
    });
    const qemu = await runOracle("qemu-riscv64", [program, ...args], {
      stdin: input,
      env: environment,
    });
    expect(run.code).toBe(qemu.code);
    expect(run.stdout).toBe(new TextDecoder().decode(qemu.stdout));
    expect(run.stdout).not.toBe("");
  });
});

describe.skipIf(!hasDebian())("busybox's shell, translated", { timeout: 120_000 }, () => {
  it.each(readdirSync(directory))("runs %s as on the interpreter", async (name) => {
    const script = readFileSync(new URL(name, directory), "utf8");
    const expected = behaviourOf(await scriptInVm(script, isa));
    for (const engine of [translator, restlessTranslator(9973)]) {
      expect(behaviourOf(await scriptInVm(script, isa, engine))).toEqual(expected);
    }
  });
});
