export { missingOraclesHint } from "./install.ts";
export { hasOracles, OracleMissingError, oracle } from "./oracle.ts";
export { type OracleResult, type RunOracleOptions, runOracle } from "./run.ts";
export { type OracleName, type OracleTool, oracleTools } from "./tools.ts";
