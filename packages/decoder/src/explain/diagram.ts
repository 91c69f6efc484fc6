/** Encoding diagrams: the bits of an instruction in boxes, as manuals draw them. */
import type { Pattern } from "@isovm/isa-spec";

/** A box of the diagram. */
export interface DiagramCell {
  /** Fixed bits, the field as the pattern writes it, or dashes for ignored bits. */
  readonly label: string;
  /** The highest bit, counted from the instruction's low end. */
  readonly high: number;
  readonly low: number;
}

/** The boxes of a pattern, the highest bits first. */
export function cellsOf(pattern: Pattern): readonly DiagramCell[] {
  let next = pattern.width;
  return pattern.text
    .trim()
    .split(/\s+/)
    .map((token) => {
      const high = next - 1;
      next -= widthOf(token);
      return { label: labelOf(token), high, low: next };
    });
}

function widthOf(token: string): number {
  const whole = /:(\d+)$/.exec(token)?.[1];
  if (whole !== undefined) return Number(whole);
  const parts = /\[(.*)\]$/.exec(token)?.[1];
  if (parts === undefined) return token.length;
  return parts.split("|").reduce((sum, part) => {
    const [high = 0, low = high] = part.split(":").map(Number);
    return sum + high - low + 1;
  }, 0);
}

function labelOf(token: string): string {
  return token.replace(/:\d+$/, "");
}

/** The lines of the diagram; with a word, its bits stand in a second row of boxes. */
export function diagram(pattern: Pattern, word?: bigint): readonly string[] {
  const columns = cellsOf(pattern).map(({ label, high, low }) => {
    const width = high - low + 1;
    const bits = word === undefined ? "" : bitsOf(word, low, width);
    const numbers = width === 1 ? [`${high}`, ""] : [`${high}`, `${low}`];
    const inner = Math.max(label.length, bits.length, numbers.join(" ").trim().length);
    return { label, bits, numbers, inner };
  });
  const ruler = columns
    .map(({ numbers: [high = "", low = ""], inner }) =>
      low === "" ? centred(high, inner + 2) : ` ${high}${low.padStart(inner - high.length)} `,
    )
    .join(" ");
  const rule = (left: string, middle: string, right: string): string =>
    left + columns.map(({ inner }) => "─".repeat(inner + 2)).join(middle) + right;
  const row = (texts: readonly string[]): string =>
    `│${texts.map((text, index) => centred(text, (columns[index]?.inner ?? 0) + 2)).join("│")}│`;
  return [
    ` ${ruler}`.trimEnd(),
    rule("┌", "┬", "┐"),
    row(columns.map(({ label }) => label)),
    ...(word === undefined ? [] : [rule("├", "┼", "┤"), row(columns.map(({ bits }) => bits))]),
    rule("└", "┴", "┘"),
  ];
}

function bitsOf(word: bigint, low: number, width: number): string {
  return BigInt.asUintN(width, word >> BigInt(low))
    .toString(2)
    .padStart(width, "0");
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return `${" ".repeat(left)}${text}`.padEnd(width);
}
