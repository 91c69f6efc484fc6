/** Assembly text taken apart into statements, comments dropped. */

/** A statement: labels, and an instruction, directive or nothing. */
export interface Statement {
  /** Line number, from 1. */
  readonly line: number;
  /** The whole source line. */
  readonly source: string;
  readonly labels: readonly Label[];
  /** Mnemonic or directive with its operands; empty if only labels stand there. */
  readonly text: string;
  /** Index of `text` in the source line. */
  readonly column: number;
}

/** A label that stands before a statement; a number for a local one. */
export interface Label {
  readonly name: string;
  readonly column: number;
}

/** The statements of a source text, in which the given character sequences begin comments. */
export function statementsOf(source: string, comments: readonly string[]): readonly Statement[] {
  const lines = blankBlockComments(source).split("\n");
  const originals = source.split("\n");
  return lines.flatMap((text, index) => {
    const original = (originals[index] ?? "").replace(/\r$/, "");
    return piecesOf(text, comments).map((piece) =>
      statementOf(piece.text, piece.column, index + 1, original),
    );
  });
}

/** Characters between quotes, which neither begin a comment nor end a statement. */
const quoted = /"(?:[^"\\]|\\.)*"?|'(?:\\.|[^\\'])'?/uy;

function blankBlockComments(source: string): string {
  return source.replaceAll(/"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?(?:\*\/|$)/g, (part) =>
    part.startsWith('"') ? part : part.replaceAll(/[^\n]/g, " "),
  );
}

function piecesOf(
  line: string,
  comments: readonly string[],
): readonly { text: string; column: number }[] {
  const separates = !comments.includes(";");
  const pieces: { text: string; column: number }[] = [];
  let start = 0;
  let position = 0;
  while (position < line.length) {
    quoted.lastIndex = position;
    const quote = quoted.exec(line)?.[0];
    if (quote !== undefined) {
      position += quote.length;
      continue;
    }
    if (comments.some((comment) => line.startsWith(comment, position))) break;
    if (separates && line[position] === ";") {
      pieces.push({ text: line.slice(start, position), column: start });
      start = position + 1;
    }
    position += 1;
  }
  pieces.push({ text: line.slice(start, position), column: start });
  return pieces.filter(({ text }) => text.trim() !== "");
}

function statementOf(piece: string, column: number, line: number, source: string): Statement {
  const labels: Label[] = [];
  let rest = piece;
  let at = column;
  for (;;) {
    const space = rest.length - rest.trimStart().length;
    at += space;
    rest = rest.slice(space);
    const label = /^([A-Za-z_.$][\w.$]*|\d+)\s*:/.exec(rest);
    if (label?.[1] === undefined) break;
    labels.push({ name: label[1], column: at });
    at += label[0].length;
    rest = rest.slice(label[0].length);
  }
  return { line, source, labels, text: rest.trimEnd(), column: at };
}
