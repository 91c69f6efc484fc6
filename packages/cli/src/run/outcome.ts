/** How the end of a guest becomes an exit code, and a line that says what happened. */
import { signalName, signals } from "@isovm/abi";
import { type DebugEnd, remoteSignal } from "@isovm/machine";
import { exitCodes } from "../exit-codes.ts";
import type { Session, SessionEnd } from "./session.ts";

/** Limits as the user gave them, for messages. */
export interface Limits {
  readonly fuel: number;
  readonly memoryBytes: number;
}

/** The exit code, and a line where the user would wonder. */
export interface Outcome {
  readonly exitCode: number;
  readonly line: string | undefined;
}

/** Signals that users send or expect: shells don't mention them either. */
const quiet: readonly number[] = [signals.SIGHUP, signals.SIGINT, signals.SIGPIPE, signals.SIGTERM];

/** The outcome of a run. */
export function outcomeOf(end: SessionEnd, session: Session, limits: Limits): Outcome {
  switch (end.kind) {
    case "exited":
      return { exitCode: end.code, line: undefined };
    case "fuel":
      return limitReached(
        `stopped after ${limits.fuel} instructions: give more with --fuel, or leave it out`,
      );
    case "deadlock":
      return limitReached(
        "stopped, since the program waits for a signal that nobody sends: without --fuel isovm waits, too",
      );
    case "killed": {
      if (session.isOutOfMemory && end.signal === signals.SIGKILL) {
        const mebibytes = limits.memoryBytes / 2 ** 20;
        return limitReached(
          `the program needs more than its ${mebibytes} MiB of memory: give more with --memory`,
        );
      }
      const exitCode = exitCodes.signal + end.signal;
      if (quiet.includes(end.signal)) return { exitCode, line: undefined };
      const name = signalName(end.signal) ?? `signal ${end.signal}`;
      const incident = session.vm.abi.init && session.incidentOf(session.vm.abi.init.pid);
      return {
        exitCode,
        line: `the program was ended by ${name}${incident ? `: ${incident}` : ""}`,
      };
    }
  }
}

/** The end of a run as a debugger is told it. */
export function debugEndOf(end: SessionEnd, exitCode: number): DebugEnd {
  if (end.kind !== "killed") return { kind: "exited", code: exitCode };
  return { kind: "killed", signal: remoteSignal(signalName(end.signal) ?? "") };
}

function limitReached(line: string): Outcome {
  return { exitCode: exitCodes.limit, line };
}
