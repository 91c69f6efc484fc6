/** Says how missing oracles are installed. */
import { findOracle } from "./find-executable.ts";
import { type OracleName, oracleTools } from "./tools.ts";

/** The Debian packages that bring these oracles. */
export function packagesOf(names: readonly OracleName[]): string[] {
  return [...new Set(names.map((name) => oracleTools[name].debianPackage))].sort();
}

/** The command that installs these oracles on Debian. */
export function installCommand(names: readonly OracleName[]): string {
  return `apt-get install ${packagesOf(names).join(" ")}`;
}

/** One line that says what to install to have all oracles, or `undefined` if none is missing. */
export function missingOraclesHint(): string | undefined {
  const names = Object.keys(oracleTools) as OracleName[];
  const missing = names.filter((name) => findOracle(name) === undefined);
  return missing.length === 0
    ? undefined
    : `Tests against ${missing.join(", ")} are skipped; to run them: ${installCommand(missing)}`;
}
