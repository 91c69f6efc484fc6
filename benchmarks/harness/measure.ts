/** Interleaved measurements: A B A B …, so that a busy host hits all contestants alike. */

import type { Contestant } from "./contestants.ts";

/** The geometric mean that a workload belongs to. */
export type Group = "integer" | "floating point" | "programs" | "start-up";

/** Something to be done by all contestants. */
export interface Workload {
  readonly name: string;
  readonly group: Group;
  /** How much is to be done: the arguments of a command line. */
  readonly arguments: readonly string[];
}

/** What one run gave. */
export interface Run {
  /** Equal for all contestants, or one of them is wrong. */
  readonly checksum: string;
  readonly milliseconds: number;
}

/** A contestant at a workload. */
export interface Entry {
  readonly contestant: Contestant;
  readonly run: () => Run;
}

/** The times of one workload, in milliseconds, by contestant. */
export interface Times {
  readonly workload: Workload;
  readonly checksum: string;
  readonly times: ReadonlyMap<string, readonly number[]>;
}

/** Contestants computed different results. */
export class ChecksumError extends Error {}

/** Runs a workload `runs` times under each contestant in turn; one that is warm once before. */
export function measure(workload: Workload, entries: readonly Entry[], runs: number): Times {
  const times = new Map<string, number[]>(entries.map(({ contestant }) => [contestant.name, []]));
  let expected: { readonly checksum: string; readonly by: string } | undefined;
  for (const { contestant, run } of entries) if (contestant.isWarm) run();
  for (let run = 0; run < runs; run += 1) {
    for (const entry of entries) {
      const { checksum, milliseconds } = entry.run();
      expected ??= { checksum, by: entry.contestant.name };
      if (checksum !== expected.checksum) {
        throw new ChecksumError(
          `${workload.name}: ${entry.contestant.name} computed ${checksum}, ` +
            `${expected.by} ${expected.checksum}`,
        );
      }
      times.get(entry.contestant.name)?.push(milliseconds);
    }
  }
  return { workload, checksum: expected?.checksum ?? "", times };
}
