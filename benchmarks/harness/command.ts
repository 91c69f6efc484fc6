/** Running other programs. */
import { spawnSync } from "node:child_process";

/** A command can't be run, or fails. */
export class CommandError extends Error {}

/** Runs a command to its end and returns its standard output. */
export function output(command: string, args: readonly string[]): string {
  const { error, status, signal, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const line = [command, ...args].join(" ");
  if (error) throw new CommandError(`${line}: ${error.message}`);
  if (status !== 0) {
    throw new CommandError(`${line} ended with ${signal ?? status}\n${stderr.trim()}`);
  }
  return stdout;
}

/** True if a command exists: `--version` is something that all of ours know. */
export function exists(command: string): boolean {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;
}
