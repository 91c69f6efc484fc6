/**
 * Sending signals: to a thread, a process, a process group.
 * @see signal(7), kill(2), tgkill(2)
 */
import { signals } from "../constants/signals.ts";
import type { Kernel } from "../kernel.ts";
import type { Process } from "../process/process.ts";
import { continueProcess } from "../process/stop.ts";
import type { Thread } from "../process/thread.ts";
import { postToProcess, postToThread } from "./post.ts";
import type { SignalInfo } from "./signal-info.ts";
import { hasSignal, signalSet, stopSignals } from "./signal-set.ts";

/** Sends a signal to one thread. */
export function signalThread(thread: Thread, info: SignalInfo): void {
  const { process } = thread;
  if (thread.dead || process.zombie) return;
  prepare(process, info.signal);
  postToThread(thread, info);
}

/** Sends a signal to a process: any thread that does not block it will take it. */
export function signalProcess(process: Process, info: SignalInfo): void {
  if (process.zombie) return;
  prepare(process, info.signal);
  postToProcess(process, info);
}

/** Sends a signal to all processes of a group; gives how many there were. */
export function signalGroup(kernel: Kernel, group: number, info: SignalInfo): number {
  let count = 0;
  for (const process of [...kernel.groupMembers(group)]) {
    signalProcess(process, info);
    count += 1;
  }
  return count;
}

// SIGCONT and the stop signals cancel each other when they are sent, whatever their actions are.
function prepare(process: Process, signal: number): void {
  if (signal === signals.SIGCONT) {
    forget(process, stopSignals);
    continueProcess(process, true);
  } else if (hasSignal(stopSignals, signal)) {
    forget(process, signalSet(signals.SIGCONT));
  } else if (signal === signals.SIGKILL) {
    continueProcess(process, false);
  }
}

function forget(process: Process, set: bigint): void {
  process.pending.remove(set);
  for (const thread of process.threads.values()) thread.pending.remove(set);
}
