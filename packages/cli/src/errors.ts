/** Why a command fails; the exit code of each error stands in its class. */
import { IsovmError } from "@isovm/isa-spec";
import { exitCodes } from "./exit-codes.ts";

/** A command fails: the message is the line that its user reads. */
export class CommandError extends IsovmError<{ exitCode: number }> {
  constructor(message: string, exitCode: number, options?: { cause?: unknown }) {
    super(message, { exitCode }, options);
  }
}

/** The command line is wrong. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(message, exitCodes.failure);
  }
}

/** There is no such program. */
export class ProgramNotFoundError extends CommandError {
  constructor(message: string) {
    super(message, exitCodes.notFound);
  }
}

/** The program isn't one that can run here. */
export class NotExecutableError extends CommandError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, exitCodes.notExecutable, options);
  }
}

/** The guest reached a limit that it was given. */
export class LimitReachedError extends CommandError {
  constructor(message: string) {
    super(message, exitCodes.limit);
  }
}

/** What a command was given to read is wrong. */
export class InputError extends CommandError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, exitCodes.input, options);
  }
}

/** Nobody reads standard output any more: no mistake, and nobody to tell. */
export class ReaderGoneError extends CommandError {
  constructor() {
    super("", exitCodes.readerGone);
  }
}

/**
 * The exit code and the message of whatever a command has thrown. An error that no command means
 * to throw is isovm's own failure.
 */
export function reportOf(error: unknown): { readonly exitCode: number; readonly message: string } {
  if (error instanceof CommandError) {
    return { exitCode: error.data.exitCode, message: oneLine(error.message) };
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    exitCode: exitCodes.failure,
    message: `internal error: ${oneLine(text)} (ISOVM_DEBUG=1 shows where)`,
  };
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ");
}
