/** The command line of `npm run bench`. */
import process from "node:process";
import { parseArgs } from "node:util";
import { kernels } from "./kernels.ts";
import type { Workload } from "./measure.ts";
import { type Program, programs } from "./programs.ts";

/** What to measure, with whom, how often, and where results go. */
export interface BenchOptions {
  readonly kernels: readonly Workload[];
  readonly programs: readonly Program[];
  /** Names that `isovm run --engine` knows. */
  readonly engines: readonly string[];
  /** Whether the engines that keep translations are measured with what an earlier run kept, too. */
  readonly store: boolean;
  readonly runs: number;
  /** Whether every engine runs once more, to give its statistics. */
  readonly figures: boolean;
  /** The Node that runs isovm. */
  readonly node: string;
  readonly json: string | undefined;
  readonly svg: string | undefined;
}

/** A command line that can't be followed. */
export class UsageError extends Error {}

const names = (workloads: readonly Workload[]): string =>
  workloads.map(({ name }) => name).join(", ");

/** What `--help` prints. */
export const usage: string = `npm run bench -- [NAME…] [options]

Compares isovm with qemu-user and with the host's processor, in turns, and prints times, ratios
(median, smallest and largest) and their geometric means.

NAME  kernels, programs, or one of either; all by default
      kernels:  ${names(kernels)}
      programs: ${names(programs)}

  --engine NAMES  engines of isovm, by commas (default: tiered,interpreter)
  --store         measures each engine that keeps translations twice: cold, and with what an
                  earlier run kept
  --figures       runs every engine once more for its own figures: how much it translated, at
                  what cost, in how much memory
  --runs N        how often each contestant runs (default: 5); with --figures, 0 is enough
  --node PATH     the Node that runs isovm (default: this one)
  --json FILE     writes everything that was measured
  --svg FILE      plots the ratios to qemu-user
  --help          prints this
`;

/** Reads the command line; undefined if all that is asked for is help. @throws UsageError */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const unknown = positionals.find((name) => !isWorkload(name));
  if (unknown) throw new UsageError(`there is nothing called ${unknown}; see --help`);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < (values.figures ? 0 : 1)) {
    throw new UsageError(`--runs takes a count, not ${values.runs}`);
  }
  const isChosen = (name: string, kind: string): boolean =>
    positionals.length === 0 || positionals.includes(kind) || positionals.includes(name);
  return {
    kernels: kernels.filter(({ name }) => isChosen(name, "kernels")),
    programs: programs.filter(({ name }) => isChosen(name, "programs")),
    engines: values.engine.split(","),
    store: values.store,
    runs,
    figures: values.figures,
    node: values.node,
    json: values.json,
    svg: values.svg,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        engine: { type: "string", default: "tiered,interpreter" },
        store: { type: "boolean", default: false },
        figures: { type: "boolean", default: false },
        runs: { type: "string", default: "5" },
        node: { type: "string", default: process.execPath },
        json: { type: "string" },
        svg: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function isWorkload(name: string): boolean {
  if (name === "kernels" || name === "programs") return true;
  return [...kernels, ...programs].some((workload) => workload.name === name);
}
