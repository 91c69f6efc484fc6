/** Reads tokens one after the other, and says what was expected where they don't fit. */
import { IsovmError } from "@isovm/isa-spec";
import { type Token, tokenize } from "./lexer.ts";

/** Text is no assembly language at `column`; caught where the source line is known. */
export class AssemblySyntaxError extends IsovmError<{ readonly column: number }> {
  /** The same error in a text that begins `columns` further left. */
  movedBy(columns: number): AssemblySyntaxError {
    return new AssemblySyntaxError(this.message, { column: this.data.column + columns });
  }

  /** The error seen from the instruction that stands for `line`. */
  inExpansion(line: string): AssemblySyntaxError {
    return new AssemblySyntaxError(`${this.message} (in "${line}", which this stands for)`, {
      column: 0,
    });
  }
}

/** The error that says what was expected at `column` and what stands there. */
export function unexpected(column: number, expected: string, found: string): AssemblySyntaxError {
  const what = found === "" ? "the line ends" : `"${found}" stands there`;
  return new AssemblySyntaxError(`expected ${expected}, but ${what}`, { column });
}

/** A position in the tokens of a text. */
export class TokenCursor {
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(text: string) {
    this.tokens = tokenize(text);
  }

  /** The token at the position, or `offset` tokens behind it. */
  peek(offset = 0): Token {
    const last = this.tokens.length - 1;
    return (
      this.tokens[Math.min(this.position + offset, last)] ?? { kind: "end", text: "", column: 0 }
    );
  }

  /** The token at the position, which moves behind it. */
  next(): Token {
    const token = this.peek();
    this.position += 1;
    return token;
  }

  /** Whether the token at the position is this punctuation or name. */
  at(text: string): boolean {
    const token = this.peek();
    return (token.kind === "punctuation" || token.kind === "name") && token.text === text;
  }

  /** Moves behind this punctuation or name if it stands at the position. */
  skip(text: string): boolean {
    if (!this.at(text)) return false;
    this.position += 1;
    return true;
  }

  /** Moves behind this punctuation or name, which must stand at the position. */
  expect(text: string): void {
    if (!this.skip(text)) this.fail(`"${text}"`);
  }

  /** Moves to the end, where the cursor must be. */
  expectEnd(): void {
    if (this.peek().kind !== "end") this.fail("the end of the line");
  }

  /** Rejects the token at the position. */
  fail(expected: string): never {
    const { column, text } = this.peek();
    throw unexpected(column, expected, text);
  }

  /** The position, to return to it with {@link restore}. */
  save(): number {
    return this.position;
  }

  /** Returns to a position of {@link save}. */
  restore(position: number): void {
    this.position = position;
  }
}
