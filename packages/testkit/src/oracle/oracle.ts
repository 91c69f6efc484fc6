/** Finds the outside oracles on this machine. */
import { IsovmError } from "@isovm/isa-spec";
import { findOracle } from "./find-executable.ts";
import { installCommand, packagesOf } from "./install.ts";
import type { OracleName } from "./tools.ts";

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
  const missing = names.filter((name) => findOracle(name) === undefined);
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
  const path = findOracle(name);
  if (path === undefined) throw missingError([name]);
  return path;
}

function missingError(names: readonly OracleName[]): OracleMissingError {
  return new OracleMissingError(
    `${names.join(", ")} not found on PATH; on Debian: ${installCommand(names)}`,
    { oracles: names, debianPackages: packagesOf(names) },
  );
}
