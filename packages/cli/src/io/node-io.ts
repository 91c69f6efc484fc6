/** The process around a command. */
import { constants } from "node:os";
import process from "node:process";
import { isatty } from "node:tty";
import type { CommandIo } from "./command-io.ts";
import { nodeInput } from "./node-input.ts";
import { nodeOutput } from "./node-output.ts";
import { TerminalStream } from "./terminal-stream.ts";

/** Signals that a guest gets in place of isovm, with Linux's numbers. */
const forwarded = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGTERM: 15,
  SIGTSTP: 20,
  SIGWINCH: 28,
} as const;

/** This process as the surroundings of a command. */
export function nodeIo(): CommandIo {
  const terminal = isatty(0) ? new TerminalStream() : undefined;
  const setRaw = (raw: boolean): void => terminal?.setRaw(raw);
  process.on("exit", () => setRaw(false));
  return {
    stdin: nodeInput(terminal),
    stdout: nodeOutput(1),
    stderr: nodeOutput(2),
    environment: process.env,
    cacheDirectory,
    windowSize() {
      const stream = [process.stdout, process.stderr].find(({ isTTY }) => isTTY);
      return { columns: stream?.columns ?? 80, rows: stream?.rows ?? 24 };
    },
    setRaw,
    suspend: () => void process.kill(process.pid, "SIGSTOP"),
    onSignal(listener) {
      const handlers = Object.entries(forwarded)
        .filter(([name]) => Object.hasOwn(constants.signals, name))
        .map(([name, number]) => [name, () => listener(number)] as const);
      for (const [name, handler] of handlers) process.on(name, handler);
      return () => {
        for (const [name, handler] of handlers) process.off(name, handler);
      };
    },
  };
}

/** Where this user's programs keep such things, by the custom of the operating system. */
async function cacheDirectory(): Promise<string | undefined> {
  try {
    const { default: envPaths } = await import("env-paths");
    return envPaths("isovm", { suffix: "" }).cache;
  } catch {
    // A user without a home.
    return undefined;
  }
}
