/**
 * Compares isovm with qemu-system-riscv64 at booting Debian's kernel to busybox's shell and off
 * again: `npm run bench -- boot`.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { median } from "simple-statistics";
import { CommandError, exists } from "./harness/command.ts";
import { bundleIsovm } from "./harness/toolchain.ts";

const usage = `npm run bench -- boot [options]

Boots Debian's riscv64 kernel under OpenSBI to busybox's shell, which executes one command and powers
off: under qemu-system-riscv64 and isovm in turns. Then goes on from a snapshot of a waiting shell.

  --runs N    how often each contestant runs (default: 5)
  --json FILE writes everything that was measured
  --help      prints this
`;

/** What the guest's shell writes at the end. */
const proof = "isovm: status 0";

/** Nobody takes that long but who hangs. */
const mostMilliseconds = 120_000;

interface Contestant {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Text on standard output at which the time is taken; the end of the process otherwise. */
  readonly until?: string;
  /** Standard input. */
  readonly input?: string;
}

/** Milliseconds that a contestant takes. @throws CommandError */
async function time({ command, until, input = "" }: Contestant): Promise<number> {
  const [file, ...args] = command;
  const start = performance.now();
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], timeout: mostMilliseconds });
  child.stdin.on("error", () => {}).end(input);
  let text = "";
  let errors = "";
  let seen: number | undefined;
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors += chunk;
  });
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (until !== undefined && text.includes(until)) seen ??= performance.now();
  });
  const status = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const end = until === undefined ? performance.now() : seen;
  if (status !== 0 || end === undefined || !text.includes(until ?? proof)) {
    throw new CommandError(`${command.join(" ")} ended with ${status}\n${text}${errors}`);
  }
  return end - start;
}

/**
 * Boots until the shell waits for a line, then ends isovm, which keeps a snapshot. The kernel writes
 * its command line, too, so that has the word in two parts.
 */
async function keepSnapshot(command: readonly [string, ...string[]], file: string): Promise<void> {
  const [executable, ...args] = command;
  const child = spawn(executable, [...args, "--snapshot", file], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes("READY")) setTimeout(() => child.kill("SIGTERM"), 500);
  });
  await new Promise((resolve) => child.on("close", resolve));
  if (!text.includes("READY")) throw new CommandError(`there is no shell to keep:\n${text}`);
}

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const runs = Number(values.runs);
const emulator = "qemu-system-riscv64";
if (!exists(emulator)) {
  process.stderr.write(`bench: ${emulator} is missing; Debian: apt install qemu-system-misc\n`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "isovm-bench-"));
try {
  const script = bundleIsovm(folder);
  const isovm = [process.execPath, script] as const;
  const made = spawnSync(isovm[0], [isovm[1], "image", "debian-riscv64", "--output", folder], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (made.status !== 0) throw new CommandError("isovm image failed");
  const file = (name: string): string => join(folder, name);
  const kernelOptions = (commands: string): string => `console=ttyS0 isovm.run="${commands}"`;
  const boot = (engine: string, store: string, commands = "true"): [string, ...string[]] => [
    ...isovm,
    ...["boot", "--engine", engine, "--store", store, "--bios", file("firmware")],
    ...[
      "--kernel",
      file("kernel"),
      "--initrd",
      file("initrd"),
      "--append",
      kernelOptions(commands),
    ],
  ];
  const waiting = boot("tiered", file("store"), "echo REA''DY; read line; echo got $line");
  const contestants: Contestant[] = [
    {
      name: "qemu",
      command: [
        ...[emulator, "-M", "virt", "-m", "512M", "-nographic", "-bios", file("firmware")],
        ...["-kernel", file("kernel"), "-initrd", file("initrd"), "-append", kernelOptions("true")],
      ] as [string, ...string[]],
    },
    { name: "tiered", command: boot("tiered", "off") },
    { name: "tiered kept", command: boot("tiered", file("store")) },
    { name: "interpreter", command: boot("interpreter", "off") },
    { name: "start", command: [...isovm, "--version"], until: "." },
    {
      name: "restore",
      command: [...waiting, "--restore", file("snapshot")],
      until: "got it",
      input: "it\n",
    },
  ];
  const times = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  await keepSnapshot(waiting, file("snapshot"));
  for (const contestant of contestants) await time(contestant);
  for (let run = 0; run < runs; run += 1) {
    for (const contestant of contestants) times.get(contestant.name)?.push(await time(contestant));
  }
  const against = times.get("qemu") ?? [];
  for (const [name, list] of times) {
    const ratios = list.map((milliseconds, run) => milliseconds / (against[run] ?? Number.NaN));
    const seconds = [median(list), Math.min(...list), Math.max(...list)].map((milliseconds) =>
      (milliseconds / 1000).toFixed(2),
    );
    console.log(
      `${name.padEnd(12)} ${seconds[0]} s (${seconds[1]} to ${seconds[2]})  ${median(ratios).toFixed(2)}x qemu`,
    );
  }
  console.log(`\n${runs} interleaved runs; ${cpus()[0]?.model}; Node ${process.version}`);
  if (values.json) {
    writeFileSync(values.json, `${JSON.stringify(Object.fromEntries(times), null, 2)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
