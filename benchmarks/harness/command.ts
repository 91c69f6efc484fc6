/** Running other programs. */
import { spawnSync } from "node:child_process";

/** A command can't be run, or fails. */
export class CommandError extends Error {}

/** What a command is given besides its arguments. */
export interface CommandOptions {
  /** Standard input; none by default. */
  readonly input?: Uint8Array;
  /** Its whole environment; this process's by default. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A command and all it is given. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: CommandOptions;
}

/** What a command has written. */
export interface Written {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Runs a command to its end and returns its standard output. */
export function output(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Buffer {
  return written(command, args, options).stdout;
}

/** Runs a command to its end and returns what it wrote. */
export function written(
  command: string,
  args: readonly string[],
  { input, environment }: CommandOptions = {},
): Written {
  const { error, status, signal, stdout, stderr } = spawnSync(command, args, {
    maxBuffer: 2 ** 26,
    stdio: [input ? "pipe" : "ignore", "pipe", "pipe"],
    ...(input ? { input } : {}),
    ...(environment ? { env: environment } : {}),
  });
  const line = [command, ...args].join(" ");
  if (error) throw new CommandError(`${line}: ${error.message}`);
  if (status !== 0) {
    throw new CommandError(`${line} ended with ${signal ?? status}\n${String(stderr).trim()}`);
  }
  return { stdout, stderr };
}

/** True if a command exists: `--version` is something that all of ours know. */
export function exists(command: string): boolean {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;
}
