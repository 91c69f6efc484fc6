/** From times to ratios and their means. */
import { geometricMean, max, median, min } from "simple-statistics";
import type { Group, Times } from "./measure.ts";

/** The middle and the ends of some values. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** How many times as long a contestant takes as another one. */
export interface Ratio extends Spread {
  readonly contestant: string;
  readonly against: string;
}

/** The results of one workload. */
export interface WorkloadSummary {
  readonly name: string;
  readonly group: Group;
  readonly arguments: readonly string[];
  readonly checksum: string;
  /** Milliseconds by contestant. */
  readonly milliseconds: Readonly<Record<string, Spread & { readonly runs: readonly number[] }>>;
  readonly ratios: readonly Ratio[];
}

/** The geometric mean of a group's ratios. */
export interface Mean {
  readonly group: Group;
  readonly contestant: string;
  readonly against: string;
  readonly mean: number;
}

/** Everything that a run of the benchmarks found. */
export interface Summary {
  readonly workloads: readonly WorkloadSummary[];
  readonly means: readonly Mean[];
}

function spread(values: readonly number[]): Spread {
  const list = [...values];
  return { median: median(list), min: min(list), max: max(list) };
}

/** Pairs of contestants, by name: the first's time is divided by the second's. */
export type Comparison = readonly [contestant: string, against: string];

/**
 * Divides times that were measured one after the other, run by run, and takes the median of the
 * quotients.
 */
export function summarise(results: readonly Times[], comparisons: readonly Comparison[]): Summary {
  const workloads = results.map(({ workload, checksum, times }): WorkloadSummary => {
    const ratios = comparisons.flatMap(([contestant, against]): Ratio[] => {
      const a = times.get(contestant) ?? [];
      const b = times.get(against) ?? [];
      const quotients = a.flatMap((time, run) => (b[run] ? [time / b[run]] : []));
      return quotients.length > 0 ? [{ contestant, against, ...spread(quotients) }] : [];
    });
    return {
      name: workload.name,
      group: workload.group,
      arguments: workload.arguments,
      checksum,
      milliseconds: Object.fromEntries(
        [...times].map(([name, runs]) => [name, { ...spread(runs), runs }]),
      ),
      ratios,
    };
  });
  return { workloads, means: means(workloads, comparisons) };
}

function means(workloads: readonly WorkloadSummary[], comparisons: readonly Comparison[]): Mean[] {
  const groups = [...new Set(workloads.map(({ group }) => group))];
  return groups.flatMap((group) =>
    comparisons.flatMap(([contestant, against]): Mean[] => {
      const ratios = workloads
        .filter((workload) => workload.group === group)
        .flatMap((workload) => workload.ratios)
        .filter((ratio) => ratio.contestant === contestant && ratio.against === against)
        .map((ratio) => ratio.median);
      if (ratios.length === 0) return [];
      return [{ group, contestant, against, mean: geometricMean(ratios) }];
    }),
  );
}
