/** The kernels: C programs in benchmarks/kernels, which time themselves. */
import { join } from "node:path";
import { type Command, CommandError, output } from "./command.ts";
import type { Contestant } from "./contestants.ts";
import type { Entry, Group, Run, Workload } from "./measure.ts";
import { kernelSources } from "./paths.ts";
import { compile } from "./toolchain.ts";

/** By kernel, how often it does its work: for a third to half of a second under qemu-user. */
const integer = {
  arithmetic: 3000,
  "binary-tree": 250,
  bytecode: 100,
  compression: 300,
  crc32: 1500,
  fibonacci: 200,
  "indirect-calls": 8000,
  json: 3500,
  "linked-list": 200,
  "matrix-integer": 750,
  quicksort: 100,
  sha256: 60,
  sieve: 60,
  streaming: 350,
  strings: 650,
};

const floatingPoint = {
  fft: 450,
  mandelbrot: 100,
  "matrix-double": 300,
  "n-body": 250_000,
};

function workloads(group: Group, repetitions: Readonly<Record<string, number>>): Workload[] {
  return Object.entries(repetitions).map(([name, count]) => ({
    name,
    group,
    arguments: [String(count)],
  }));
}

/** All kernels, by the name of their file without `.c`. */
export const kernels: readonly Workload[] = [
  ...workloads("integer", integer),
  ...workloads("floating point", floatingPoint),
];

/** A contestant at a kernel, compiled for it. */
export function kernelEntry(kernel: Workload, contestant: Contestant): Entry {
  const { command, args } = kernelCommand(kernel, contestant);
  return { contestant, run: () => parse(output(command, args).toString(), kernel.name) };
}

/** The command of the host that runs a kernel. */
export function kernelCommand(kernel: Workload, contestant: Contestant): Command {
  const source = join(kernelSources, `${kernel.name}.c`);
  const header = join(kernelSources, "kernel.h");
  const program = compile(kernel.name, source, [header], contestant.target);
  const [command, ...args] = contestant.command({ program, arguments: kernel.arguments });
  return { command, args, options: {} };
}

function parse(text: string, name: string): Run {
  const match = /^([0-9a-f]{16}) ([0-9.]+)\s*$/.exec(text);
  if (!match?.[1] || !match[2]) throw new CommandError(`${name} printed ${JSON.stringify(text)}`);
  return { checksum: match[1], milliseconds: Number(match[2]) };
}
