/** Runs an outside oracle and collects what it wrote. */
import { spawn } from "node:child_process";
import { oracle } from "./oracle.ts";
import type { OracleName } from "./tools.ts";

/** How {@link runOracle} runs the oracle. */
export interface RunOracleOptions {
  /** Standard input; empty by default. */
  readonly stdin?: string | Uint8Array;
  /** The environment; the host's own by default. */
  readonly env?: Readonly<Record<string, string>>;
  /** The working directory; the host's own by default. */
  readonly cwd?: string;
  /** After so many milliseconds the oracle is killed; 60,000 by default. */
  readonly timeoutMillis?: number;
}

/** What an oracle did. */
export interface OracleResult {
  /** The exit code, or `null` if a signal ended it. */
  readonly code: number | null;
  /** The name of the signal that ended it, or `null`. */
  readonly signal: string | null;
  /** The bytes of its standard output. */
  readonly stdout: Uint8Array;
  /** The bytes of its standard error. */
  readonly stderr: Uint8Array;
}

/**
 * What the named oracle wrote and how it ended, when run with these arguments.
 *
 * A non-zero exit code is a result, no error; throws an `OracleMissingError` if the oracle is not
 * installed.
 */
export async function runOracle(
  name: OracleName,
  args: readonly string[],
  options: RunOracleOptions = {},
): Promise<OracleResult> {
  const child = spawn(oracle(name), args, {
    stdio: "pipe",
    timeout: options.timeoutMillis ?? 60_000,
    // QEMU gives a SIGTERM to its guest, which may be in a loop or ignore it.
    killSignal: "SIGKILL",
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  child.stdout.on("data", (chunk: Uint8Array) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Uint8Array) => stderr.push(chunk));
  // An oracle that ends before it has read its input closes the pipe: no concern of the caller.
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin ?? "");
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
  });
  return { code, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
}
