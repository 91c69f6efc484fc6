/** The results as text. */
import type { Spread, Summary } from "./summary.ts";

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
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function ratioText({ median, min, max }: Spread): string {
  return `${short(median)} (${short(min)}–${short(max)})`;
}

/** The median times and the ratios of every kernel, then the geometric means. */
export function summaryTable({ kernels, means }: Summary): string {
  const contestants = Object.keys(kernels[0]?.milliseconds ?? {});
  const comparisons = (kernels[0]?.ratios ?? []).map(
    ({ contestant, against }) => `${contestant} / ${against}`,
  );
  const header = ["", ...contestants.map((name) => `${name}, ms`), ...comparisons];
  const rows = kernels.map(({ kernel, milliseconds, ratios }) => [
    kernel,
    ...contestants.map((name) => short(milliseconds[name]?.median ?? Number.NaN)),
    ...ratios.map(ratioText),
  ]);
  const groups = [...new Set(means.map(({ group }) => group))];
  const footer = groups.map((group) => [
    `geometric mean, ${group}`,
    ...contestants.map(() => ""),
    ...means.filter((mean) => mean.group === group).map(({ mean }) => short(mean)),
  ]);
  return table([header, ...rows, ...footer]);
}
