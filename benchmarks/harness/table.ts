/** The results as text. */
import type { Ratio, Spread, Summary } from "./summary.ts";

type Row = readonly string[];

/** Aligns columns: the first one left, the others right. */
export function table(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map((row) =>
      widths
        .map((width, column) =>
          column === 0 ? (row[0] ?? "").padEnd(width) : (row[column] ?? "").padStart(width),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Three digits that matter. */
export function short(value: number): string {
  return value >= 100 || value === 0 ? value.toFixed(0) : value.toPrecision(3);
}

function ratioText({ median, min, max }: Spread): string {
  return `${short(median)} (${short(min)}–${short(max)})`;
}

/** The median times and the ratios of every workload, then the geometric means. */
export function summaryTable({ workloads, means }: Summary): string {
  const contestants = [
    ...new Set(workloads.flatMap(({ milliseconds }) => Object.keys(milliseconds))),
  ];
  const comparisons = [
    ...new Set(workloads.flatMap(({ ratios }) => ratios.map((ratio) => comparisonText(ratio)))),
  ];
  const header = ["", ...contestants.map((name) => `${name}, ms`), ...comparisons];
  const rows = workloads.map(({ name, milliseconds, ratios }) => [
    name,
    ...contestants.map((contestant) => {
      const time = milliseconds[contestant];
      return time ? short(time.median) : "";
    }),
    ...comparisons.map((comparison) => {
      const ratio = ratios.find((candidate) => comparisonText(candidate) === comparison);
      return ratio ? ratioText(ratio) : "";
    }),
  ]);
  const groups = [...new Set(means.map(({ group }) => group))];
  const footer = groups.map((group) => [
    `geometric mean, ${group}`,
    ...contestants.map(() => ""),
    ...comparisons.map((comparison) => {
      const found = means.find(
        (mean) => mean.group === group && comparisonText(mean) === comparison,
      );
      return found ? short(found.mean) : "";
    }),
  ]);
  return table([header, ...rows, ...footer]);
}

function comparisonText({ contestant, against }: Pick<Ratio, "contestant" | "against">): string {
  return `${contestant} / ${against}`;
}
