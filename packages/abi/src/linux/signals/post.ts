/**
 * Putting signals on the queues of threads and processes, and waking who will take them.
 * @see signal(7), "Execution of signal handlers"
 */
import type { Process } from "../process/process.ts";
import type { Thread } from "../process/thread.ts";
import type { SignalInfo } from "./signal-info.ts";
import { hasSignal } from "./signal-set.ts";

/** Makes a signal pending for one thread, unless it is ignored there. */
export function postToThread(thread: Thread, info: SignalInfo): void {
  const { process } = thread;
  const isBlocked = hasSignal(thread.mask, info.signal);
  if (process.actions.isIgnored(info.signal) && !isBlocked) return;
  thread.pending.add(info);
  process.signalArrival.wake();
  if (!isBlocked) thread.wake();
}

/** Makes a signal pending for a process, unless it is ignored there. */
export function postToProcess(process: Process, info: SignalInfo): void {
  const { signal } = info;
  const willing = [...process.threads.values()].find((thread) => !hasSignal(thread.mask, signal));
  if (process.actions.isIgnored(signal) && willing !== undefined) return;
  process.pending.add(info);
  process.signalArrival.wake();
  willing?.wake();
}
