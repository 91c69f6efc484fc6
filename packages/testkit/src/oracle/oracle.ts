/** Finds the outside oracles on this machine. */
import { IsovmError } from "@isovm/isa-spec";
import { findExecutable } from "./find-executable.ts";
import { type OracleName, oracleTools } from "./tools.ts";

/** An oracle is not installed; the message says which Debian packages bring it. */
export class OracleMissingError extends IsovmError<{
  readonly oracles: readonly OracleName[];
  readonly debianPackages: readonly string[];
}> {}

/**
 * Whether all the named oracles are installed: the condition of the tests that compare with them.
 *
 * With `CI=true` in the environment a missing oracle is an {@link OracleMissingError}, so that a
 * run that is meant to be complete cannot pass by skipping.
 *
 * @example
 * ```ts no-run
 * import { hasOracles, oracle } from "@isovm/testkit/oracle";
 * import { describe, it } from "vitest";
 *
 * describe.skipIf(!hasOracles("qemu-riscv64"))("agrees with QEMU", () => {
 *   it("adds", () => {
 *     const qemu = oracle("qemu-riscv64");
 *     // …
 *   });
 * });
 * ```
 */
export function hasOracles(...names: readonly OracleName[]): boolean {
  const missing = names.filter((name) => find(name) === undefined);
  if (missing.length === 0) return true;
  if (process.env.CI === "true") throw missingError(missing);
  return false;
}

/**
 * The path of an oracle's executable.
 *
 * Call it inside a test, or where {@link hasOracles} has answered `true`: it throws an
 * {@link OracleMissingError} when the oracle is not installed.
 */
export function oracle(name: OracleName): string {
  const path = find(name);
  if (path === undefined) throw missingError([name]);
  return path;
}

/** One line that says what to install to have all oracles, or `undefined` if none is missing. */
export function missingOraclesHint(): string | undefined {
  const missing = (Object.keys(oracleTools) as OracleName[]).filter(
    (name) => find(name) === undefined,
  );
  return missing.length === 0
    ? undefined
    : `Tests against ${missing.join(", ")} are skipped; to run them: ${installCommand(missing)}`;
}

const found = new Map<OracleName, string | undefined>();

function find(name: OracleName): string | undefined {
  if (!found.has(name)) found.set(name, findExecutable(oracleTools[name].executables));
  return found.get(name);
}

function packagesOf(names: readonly OracleName[]): string[] {
  return [...new Set(names.map((name) => oracleTools[name].debianPackage))].sort();
}

function installCommand(names: readonly OracleName[]): string {
  return `apt-get install ${packagesOf(names).join(" ")}`;
}

function missingError(names: readonly OracleName[]): OracleMissingError {
  return new OracleMissingError(
    `${names.join(", ")} not found on PATH; on Debian: ${installCommand(names)}`,
    { oracles: names, debianPackages: packagesOf(names) },
  );
}
