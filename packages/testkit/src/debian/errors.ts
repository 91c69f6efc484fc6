/** What can go wrong while Debian packages are fetched. */
import { IsovmError } from "@isovm/isa-spec";

/** This machine cannot fetch Debian packages; the message says what is needed. */
export class DebianUnavailableError extends IsovmError<{ readonly needed: string }> {}

/** A command of the package system failed: its arguments and what it wrote on standard error. */
export class DebianFetchError extends IsovmError<{
  readonly command: readonly string[];
  readonly stderr: string;
}> {}
