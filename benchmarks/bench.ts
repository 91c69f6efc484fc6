/**
 * Compares isovm with qemu-user and with the host's processor: `npm run bench`.
 *
 *   npm run bench -- [KERNEL…] [--engine interpreter,reference] [--runs 5] [--json F] [--svg F]
 */
import { writeFileSync } from "node:fs";
import { arch, cpus } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { exists, output } from "./harness/command.ts";
import { type Contestant, isovm, native, qemu } from "./harness/contestants.ts";
import { kernels } from "./harness/kernels.ts";
import { type KernelTimes, measureKernel } from "./harness/measure.ts";
import { ratioPlot } from "./harness/plot.ts";
import { type Comparison, summarise } from "./harness/summary.ts";
import { summaryTable } from "./harness/table.ts";
import { bundleIsovm, compileKernel, compilers } from "./harness/toolchain.ts";

function fail(message: string): never {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(2);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string", default: "interpreter" },
    runs: { type: "string", default: "5" },
    json: { type: "string" },
    svg: { type: "string" },
  },
});

const unknown = positionals.find((name) => !kernels.some((kernel) => kernel.name === name));
if (unknown) fail(`no kernel ${unknown}; there are ${kernels.map(({ name }) => name).join(", ")}`);
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) fail(`--runs takes a count, not ${values.runs}`);
for (const tool of [...Object.values(compilers), "qemu-riscv64"]) {
  if (!exists(tool)) {
    fail(
      `${tool} is missing; Debian: apt install gcc gcc-riscv64-linux-gnu libc6-dev-riscv64-cross qemu-user`,
    );
  }
}

const bundle = await bundleIsovm();
const engines = values.engine.split(",").map((engine) => isovm(bundle, engine));
const contestants: readonly Contestant[] = [native, qemu, ...engines];
const comparisons: readonly Comparison[] = [
  ...engines.flatMap(({ name }): Comparison[] => [
    [name, qemu.name],
    [name, native.name],
  ]),
  [qemu.name, native.name],
];

const results: KernelTimes[] = [];
const chosen = kernels.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
for (const kernel of chosen) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${kernel.name} …`);
  const entries = contestants.map((contestant) => ({
    contestant,
    executable: compileKernel(kernel, contestant.target),
  }));
  results.push(measureKernel(kernel, entries, runs));
}
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");

const summary = summarise(results, comparisons);
console.log(summaryTable(summary));
const host = {
  processor: cpus()[0]?.model ?? arch(),
  node: process.version,
  qemu: output("qemu-riscv64", ["--version"]).split("\n")[0] ?? "",
};
console.log(`\n${runs} interleaved runs; ${host.processor}; Node ${host.node}; ${host.qemu}`);
if (values.json) {
  writeFileSync(values.json, `${JSON.stringify({ host, runs, ...summary }, null, 2)}\n`);
}
if (values.svg) writeFileSync(values.svg, ratioPlot(summary, qemu.name));
