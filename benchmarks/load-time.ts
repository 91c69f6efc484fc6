/**
 * How long loading an ISA takes, from its rows to an engine that is ready to run, each time in a
 * fresh process: `npm run bench:load -- [--runs 15]`.
 */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { interpreter } from "@isovm/interpreter";
import { GuestMemory } from "@isovm/machine";
import { rv64 } from "@isovm/riscv";
import { max, median, min } from "simple-statistics";
import { short, table } from "./harness/table.ts";

/** Milliseconds of each phase. */
interface Phases {
  readonly rows: number;
  readonly engine: number;
  readonly total: number;
}

function load(): Phases {
  const { engine: memory } = new GuestMemory();
  const start = performance.now();
  const isa = rv64();
  const rows = performance.now();
  interpreter({ isa, memory });
  const end = performance.now();
  return { rows: rows - start, engine: end - rows, total: end - start };
}

const { values } = parseArgs({
  options: { runs: { type: "string", default: "15" }, once: { type: "boolean", default: false } },
});
if (values.once) {
  console.log(JSON.stringify(load()));
} else {
  const samples = Array.from({ length: Number(values.runs) }, (): Phases => {
    const self = fileURLToPath(import.meta.url);
    const { stdout } = spawnSync(process.execPath, [self, "--once"], { encoding: "utf8" });
    return JSON.parse(stdout);
  });
  const row = (name: string, pick: (phases: Phases) => number): string[] => {
    const times = samples.map(pick);
    return [name, short(median(times)), short(min(times)), short(max(times))];
  };
  console.log(
    table([
      ["loading rv64, ms", "median", "min", "max"],
      row("rows built and checked", ({ rows }) => rows),
      row("engine generated, compiled, instantiated", ({ engine }) => engine),
      row("total", ({ total }) => total),
    ]),
  );
  console.log(`\n${samples.length} fresh processes; Node ${process.version}`);
}
