/**
 * The recorder behind the builder: semantics functions run once and leave IR here.
 *
 * It is ambient (a module-level stack) so that a row reads like the manual rather than like a
 * program that threads a builder through every call.
 */
import { SpecificationError } from "../errors.ts";
import type { Statement, Temporary } from "../ir/statement.ts";

interface Recorder {
  readonly subject: string;
  nextId: number;
  /** The statement list being filled: the innermost arm of an `if` or `while`. */
  statements: Statement[];
}

let current: Recorder | undefined;

function active(what: string): Recorder {
  if (!current) {
    throw new SpecificationError(`${what} was used outside of a semantics function`, {
      subject: what,
    });
  }
  return current;
}

/** Runs `body` and returns the statements that it recorded. */
export function record(subject: string, body: () => void): readonly Statement[] {
  const outer = current;
  const recorder: Recorder = { subject, nextId: 0, statements: [] };
  current = recorder;
  try {
    body();
  } finally {
    current = outer;
  }
  return recorder.statements;
}

/** Runs `body` and returns what it recorded as a nested statement list. */
export function recordNested(what: string, body: () => void): readonly Statement[] {
  const recorder = active(what);
  const outer = recorder.statements;
  const nested: Statement[] = [];
  recorder.statements = nested;
  try {
    body();
  } finally {
    recorder.statements = outer;
  }
  return nested;
}

/** Adds a statement to the instruction being recorded. */
export function emit(statement: Statement): void {
  active(statement.kind).statements.push(statement);
}

/** A new temporary of the instruction being recorded. */
export function temporary(width: number): Temporary {
  const recorder = active("a temporary");
  recorder.nextId += 1;
  return { id: recorder.nextId - 1, width };
}
