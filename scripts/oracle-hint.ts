/** Says once, at the start of a test run, which oracles are missing and what to install. */
import { missingOraclesHint } from "../packages/testkit/src/oracle/install.ts";

export default function oracleHint(): void {
  const hint = missingOraclesHint();
  if (hint !== undefined) process.stderr.write(`${hint}\n`);
}
