/**
 * Compares isovm with qemu-user and with the host's processor: `npm run bench`, which `--help`
 * describes.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { arch, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { hasDebian } from "@isovm/testkit/debian";
import { type Command, CommandError, exists, output } from "./harness/command.ts";
import { type Contestant, isovm, native, qemu } from "./harness/contestants.ts";
import { type Figures, figuresOf, figuresTable } from "./harness/figures.ts";
import { kernelCommand, kernelEntry } from "./harness/kernels.ts";
import {
  ChecksumError,
  type Entry,
  measure,
  type Times,
  type Workload,
} from "./harness/measure.ts";
import { type BenchOptions, parseOptions, UsageError, usage } from "./harness/options.ts";
import { ratioPlot } from "./harness/plot.ts";
import { programCommand, programEntry } from "./harness/programs.ts";
import { type Comparison, summarise } from "./harness/summary.ts";
import { summaryTable } from "./harness/table.ts";
import { bundleIsovm, compilers } from "./harness/toolchain.ts";

/** Engines that keep translations between runs. */
const keeping: readonly string[] = ["tiered"];

function fail(message: string): never {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(2);
}

function optionsOrExit(): BenchOptions {
  try {
    const parsed = parseOptions(process.argv.slice(2));
    if (parsed) return parsed;
  } catch (error) {
    if (error instanceof UsageError) fail(error.message);
    throw error;
  }
  process.stdout.write(usage);
  process.exit(0);
}

/**
 * The engines of isovm, made in a folder of their own; each starts cold and, if so wanted and
 * possible, with a kept store.
 */
function isovmContestants(
  { engines, node, store }: BenchOptions,
  { folder, bundle, statistics }: { folder: string; bundle: string; statistics: boolean },
): Contestant[] {
  return engines.flatMap((engine) => {
    const common = { node, bundle, engine, statistics };
    if (!keeping.includes(engine)) return [isovm(common)];
    const cold = isovm({ ...common, store: "off" });
    return store ? [cold, isovm({ ...common, store: join(folder, "store") })] : [cold];
  });
}

async function measureAll(
  { kernels, programs, runs }: BenchOptions,
  engines: readonly Contestant[],
): Promise<Times[]> {
  const results: Times[] = [];
  const add = (workload: Workload, entries: readonly Entry[]): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${workload.name} …`);
    try {
      results.push(measure(workload, entries, runs));
    } catch (error) {
      if (!(error instanceof CommandError || error instanceof ChecksumError)) throw error;
      process.exitCode = 1;
      process.stderr.write(`bench: ${workload.name} is left out: ${error.message}\n`);
    }
  };
  for (const kernel of kernels) {
    add(
      kernel,
      [native, qemu, ...engines].map((contestant) => kernelEntry(kernel, contestant)),
    );
  }
  for (const program of programs) {
    const entries = [qemu, ...engines].map((contestant) => programEntry(program, contestant));
    add(program, await Promise.all(entries));
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  return results;
}

async function figuresOfAll(
  { kernels, programs }: BenchOptions,
  engines: readonly Contestant[],
): Promise<Figures[]> {
  const results: Figures[] = [];
  const add = ({ name }: Workload, contestant: Contestant, command: Command): void => {
    if (contestant.isWarm) figuresOf(name, contestant.name, command);
    results.push(figuresOf(name, contestant.name, command));
  };
  for (const contestant of engines) {
    for (const kernel of kernels) add(kernel, contestant, kernelCommand(kernel, contestant));
    for (const program of programs) {
      add(program, contestant, await programCommand(program, contestant));
    }
  }
  return results;
}

const options = optionsOrExit();
for (const tool of [...Object.values(compilers), "qemu-riscv64"]) {
  if (!exists(tool)) {
    fail(
      `${tool} is missing; Debian: apt install gcc gcc-riscv64-linux-gnu libc6-dev-riscv64-cross qemu-user`,
    );
  }
}
const found = hasDebian();
if (!found && options.programs.some(({ isDebian }) => isDebian)) {
  process.stderr.write("bench: Debian's programs are left out: there is no apt to fetch them\n");
}
const folder = mkdtempSync(join(tmpdir(), "isovm-bench-"));
try {
  const bundle = bundleIsovm(folder);
  const engines = isovmContestants(options, { folder, bundle, statistics: false });
  const programs = options.programs.filter(({ isDebian }) => found || !isDebian);
  const chosen = { ...options, programs };
  const results = options.runs === 0 ? [] : await measureAll(chosen, engines);
  const comparisons: readonly Comparison[] = [
    ...engines.flatMap(({ name }): Comparison[] => [
      [name, qemu.name],
      [name, native.name],
    ]),
    [qemu.name, native.name],
  ];
  const summary = summarise(results, comparisons);
  if (options.runs > 0) console.log(summaryTable(summary));
  const figures = options.figures
    ? await figuresOfAll(chosen, isovmContestants(options, { folder, bundle, statistics: true }))
    : [];
  if (options.figures) console.log(`\n${figuresTable(figures)}`);
  const version = (command: string): string =>
    output(command, ["--version"]).toString().split("\n")[0] ?? "";
  const host = {
    processor: cpus()[0]?.model ?? arch(),
    node: version(options.node),
    qemu: version("qemu-riscv64"),
  };
  const { runs } = options;
  console.log(`\n${runs} interleaved runs; ${host.processor}; Node ${host.node}; ${host.qemu}`);
  if (options.json) {
    writeFileSync(
      options.json,
      `${JSON.stringify({ host, runs, ...summary, figures }, null, 2)}\n`,
    );
  }
  if (options.svg) writeFileSync(options.svg, ratioPlot(summary, qemu.name));
} finally {
  rmSync(folder, { recursive: true });
}
