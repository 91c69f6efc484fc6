/** The ratios as a bar plot in SVG: a logarithmic axis, bars from the line where both are equal. */
import type { Ratio, Summary } from "./summary.ts";
import { short } from "./table.ts";

const barHeight = 14;
const rowGap = 10;
const labelWidth = 190;
const plotWidth = 560;
const headHeight = 60;
const colours = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377"];

interface Row {
  readonly label: string;
  readonly bars: readonly (Ratio | undefined)[];
}

/** Plots every comparison `… / against`; whiskers show the smallest and the largest quotient. */
export function ratioPlot(summary: Summary, against: string): string {
  const contestants = [
    ...new Set(
      summary.workloads.flatMap(({ ratios }) =>
        ratios.filter((ratio) => ratio.against === against).map((ratio) => ratio.contestant),
      ),
    ),
  ];
  const rows = [
    ...workloadRows(summary, contestants, against),
    ...meanRows(summary, contestants, against),
  ];
  const values = rows.flatMap(({ bars }) => bars.flatMap((bar) => (bar ? [bar.min, bar.max] : [])));
  const low = Math.floor(Math.log2(Math.min(1, ...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log2(Math.max(1, ...values))));
  const x = (ratio: number): number =>
    labelWidth + ((Math.log2(ratio) - low) / (high - low)) * plotWidth;

  const rowHeight = contestants.length * barHeight + rowGap;
  const bottom = headHeight + rows.length * rowHeight;
  const parts: string[] = [];
  for (let power = low; power <= high; power += 1) {
    const at = x(2 ** power).toFixed(1);
    const stroke = power === 0 ? "#333" : "#ddd";
    parts.push(
      `<line x1="${at}" x2="${at}" y1="${headHeight - 8}" y2="${bottom}" stroke="${stroke}"/>`,
    );
    parts.push(text(Number(at), headHeight - 14, `${short(2 ** power)}×`, "middle"));
  }
  parts.push(text(labelWidth, 18, `time divided by ${against}'s: less is better`, "start"));
  contestants.forEach((name, index) => {
    const at = labelWidth + 260 + index * 150;
    parts.push(
      `<rect x="${at}" y="8" width="12" height="12" fill="${colours[index % colours.length]}"/>`,
    );
    parts.push(text(at + 17, 18, name, "start"));
  });
  rows.forEach(({ label, bars }, row) => {
    const top = headHeight + row * rowHeight;
    parts.push(text(labelWidth - 8, top + rowHeight / 2, label, "end"));
    bars.forEach((bar, index) => {
      if (!bar) return;
      const y = top + rowGap / 2 + index * barHeight;
      const [left, right] = [x(Math.min(1, bar.median)), x(Math.max(1, bar.median))];
      parts.push(
        `<rect x="${left.toFixed(1)}" y="${y}" width="${(right - left).toFixed(1)}" height="${barHeight - 2}" fill="${colours[index % colours.length]}"/>`,
        `<line x1="${x(bar.min).toFixed(1)}" x2="${x(bar.max).toFixed(1)}" y1="${y + barHeight / 2 - 1}" y2="${y + barHeight / 2 - 1}" stroke="#333"/>`,
        text(x(Math.max(1, bar.max)) + 4, y + barHeight - 4, short(bar.median), "start"),
      );
    });
  });
  const width = labelWidth + plotWidth + 60;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + 10}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
}

function workloadRows(
  { workloads }: Summary,
  contestants: readonly string[],
  against: string,
): Row[] {
  return workloads.map(({ name: label, ratios }) => ({
    label,
    bars: contestants.map((name) =>
      ratios.find((ratio) => ratio.contestant === name && ratio.against === against),
    ),
  }));
}

function meanRows({ means }: Summary, contestants: readonly string[], against: string): Row[] {
  return [...new Set(means.map(({ group }) => group))].map((group) => ({
    label: `geometric mean, ${group}`,
    bars: contestants.map((contestant): Ratio | undefined => {
      const found = means.find(
        (mean) =>
          mean.group === group && mean.contestant === contestant && mean.against === against,
      );
      return found && { contestant, against, median: found.mean, min: found.mean, max: found.mean };
    }),
  }));
}

function text(x: number, y: number, content: string, anchor: "start" | "middle" | "end"): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escaped}</text>`;
}
