/** Environment variables on the command line: `NAME=value`. */
import { UsageError } from "../errors.ts";

/**
 * Checks a `NAME=value` and gives its parts.
 *
 * @throws UsageError
 */
export function parseVariable(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UsageError(`"${text}" is no variable: give NAME=value`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
