/** The process around a command. */
import { constants } from "node:os";
import process from "node:process";
import type { CommandIo } from "./command-io.ts";
import { nodeInput } from "./node-input.ts";
import { nodeOutput } from "./node-output.ts";

/** Signals that a guest gets in place of isovm, with Linux's numbers. */
const forwarded = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15, SIGWINCH: 28 } as const;

/** This process as the surroundings of a command. */
export function nodeIo(): CommandIo {
  const stdin = nodeInput();
  let isRaw = false;
  const setRaw = (raw: boolean): void => {
    if (raw === isRaw || !stdin.isTerminal) return;
    isRaw = raw;
    process.stdin.setRawMode(raw);
  };
  process.on("exit", () => setRaw(false));
  return {
    stdin,
    stdout: nodeOutput(1),
    stderr: nodeOutput(2),
    environment: process.env,
    windowSize() {
      const stream = [process.stdout, process.stderr].find(({ isTTY }) => isTTY);
      return { columns: stream?.columns ?? 80, rows: stream?.rows ?? 24 };
    },
    setRaw,
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
