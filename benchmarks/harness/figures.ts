/** What engines tell of themselves: how much was translated, at what cost, in how much memory. */
import type { RunStatistics } from "../../packages/cli/src/run/statistics.ts";
import { type Command, CommandError, written } from "./command.ts";
import { short, table } from "./table.ts";

/** The statistics of one run. */
export interface Figures {
  readonly workload: string;
  readonly contestant: string;
  readonly statistics: RunStatistics;
  /** The most memory that the whole process had. */
  readonly peakKib: number;
}

/** Runs a command of a contestant that was told to give statistics. */
export function figuresOf(workload: string, contestant: string, run: Command): Figures {
  const { stderr } = written(run.command, run.args, run.options);
  const [statistics, memory] = stderr.toString().trimEnd().split("\n").slice(-2);
  if (!statistics?.startsWith("{") || !memory) {
    throw new CommandError(`${workload}: ${contestant} gave no statistics`);
  }
  return {
    workload,
    contestant,
    statistics: JSON.parse(statistics) as RunStatistics,
    peakKib: Number(memory),
  };
}

/** One line for each run. */
export function figuresTable(figures: readonly Figures[]): string {
  const header = [
    "",
    "engine",
    "M instructions",
    "M/s",
    "translated, %",
    "regions",
    "their instructions",
    "translation, ms",
    "µs/instruction",
    "start, ms",
    "run, ms",
    "guest, MiB",
    "process, MiB",
  ];
  return table([header, ...figures.map(figuresRow)]);
}

function figuresRow({ workload, contestant, statistics, peakKib }: Figures): readonly string[] {
  const { regions, translatedInstructions, translateMs } = statistics;
  const microseconds = (translateMs * 1000) / translatedInstructions;
  return [
    workload,
    contestant,
    short(statistics.instructions / 1e6),
    short(statistics.mips),
    short(statistics.translatedFraction * 100),
    String(regions),
    String(translatedInstructions),
    short(translateMs),
    translatedInstructions > 0 ? short(microseconds) : "",
    short(statistics.startMs),
    short(statistics.wallMs),
    short(statistics.peakMemoryBytes / 2 ** 20),
    short(peakKib / 1024),
  ];
}
