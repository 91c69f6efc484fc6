/** What is wrong with assembly text, and where. */
import { IsovmError } from "@isovm/isa-spec";

/** One mistake in assembly text. */
export interface Diagnostic {
  /** Line number, from 1. */
  readonly line: number;
  /** Column, from 1. */
  readonly column: number;
  /** The source line. */
  readonly text: string;
  /** What was expected, and what stands there. */
  readonly message: string;
}

/** Assembly text has mistakes: all that were found, in the order of lines. */
export class AssemblyError extends IsovmError<{ readonly diagnostics: readonly Diagnostic[] }> {
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(describe).join("\n"), { diagnostics });
  }
}

function describe({ line, column, text, message }: Diagnostic): string {
  const indent = text.slice(0, column - 1).replaceAll(/[^\t]/g, " ");
  return `${line}:${column}: ${message}\n  ${text}\n  ${indent}^`;
}
