/** Standard input: files are read exactly as far as the guest wants, all else as it comes. */
import { fstatSync, readSync } from "node:fs";
import process from "node:process";
import { LinuxError } from "@isovm/abi";
import type { CommandInput } from "./command-io.ts";
import { StreamInput } from "./stream-input.ts";
import type { TerminalStream } from "./terminal-stream.ts";

/**
 * Standard input of this process, through the terminal if it is one. Nothing is read, and no stream
 * made, before somebody asks.
 */
export function nodeInput(terminal: TerminalStream | undefined): CommandInput {
  if (terminal) return new StreamInput(() => terminal.get(), true);
  if (isAlwaysReady(0)) return fileInput(0);
  return new StreamInput(() => process.stdin, false);
}

/** Files and devices such as /dev/null; a directory, too, from which reading is an error. */
function isAlwaysReady(descriptor: number): boolean {
  const stat = fstatSync(descriptor);
  return !stat.isFIFO() && !stat.isSocket();
}

function fileInput(descriptor: number): CommandInput {
  const read = (length: number): Uint8Array | undefined => {
    const buffer = new Uint8Array(length);
    const count = readFile(descriptor, buffer);
    return count === 0 ? undefined : buffer.subarray(0, count);
  };
  return {
    isTerminal: false,
    available: () => Number.POSITIVE_INFINITY,
    read,
    // It never answers that there is nothing yet.
    onReady: () => () => {},
    async readAll() {
      const chunks: Uint8Array[] = [];
      for (let chunk = read(65536); chunk; chunk = read(65536)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    release() {},
  };
}

function readFile(descriptor: number, buffer: Uint8Array): number {
  try {
    return readSync(descriptor, buffer);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EOF") return 0;
    throw new LinuxError(code === "EISDIR" ? "EISDIR" : "EIO", "standard input");
  }
}
