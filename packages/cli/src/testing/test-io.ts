/** Surroundings for commands under test: streams in memory, signals at will. */

import type { CommandIo } from "../io/command-io.ts";
import { main } from "../program.ts";

/** What a command is given. */
export interface TestIoOptions {
  readonly stdin?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly cacheDirectory?: string;
  /** Gets what is written to standard error as it comes. */
  readonly onStderr?: (text: string) => void;
  /** Standard output fails with EPIPE. */
  readonly readerGone?: boolean;
}

/** What a command did. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Uint8Array;
}

/** Runs a command line in this process. */
export async function isovm(
  commandLine: readonly string[],
  options: TestIoOptions = {},
): Promise<CommandResult> {
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  let input = Buffer.from(options.stdin ?? "");
  const io: CommandIo = {
    stdin: {
      isTerminal: false,
      available: () => (input.length > 0 ? input.length : Number.POSITIVE_INFINITY),
      read(length) {
        if (input.length === 0) return undefined;
        const bytes = input.subarray(0, length);
        input = input.subarray(bytes.length);
        return bytes;
      },
      onReady: () => () => {},
      readAll: async () => input,
      release() {},
    },
    stdout: {
      isTerminal: false,
      write(bytes) {
        stdout.push(bytes.slice());
        return options.readerGone !== true;
      },
    },
    stderr: {
      isTerminal: false,
      write(bytes) {
        stderr.push(bytes.slice());
        options.onStderr?.(Buffer.from(bytes).toString());
        return true;
      },
    },
    environment: options.environment ?? {},
    cacheDirectory: async () => options.cacheDirectory,
    windowSize: () => ({ rows: 24, columns: 80 }),
    setRaw() {},
    suspend() {},
    onSignal: () => () => {},
  };
  const exitCode = await main(commandLine, io);
  const bytes = Buffer.concat(stdout);
  return { exitCode, stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString(), bytes };
}
