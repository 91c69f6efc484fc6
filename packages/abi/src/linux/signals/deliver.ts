/**
 * Delivery of pending signals to a thread that is about to run in user mode.
 * @see signal(7), "Execution of signal handlers"
 */
import { GuestFault } from "../address-space.ts";
import {
  defaultAction,
  SIG_DFL,
  SIG_IGN,
  signalActionFlags,
  signalName,
  signals,
} from "../constants/signals.ts";
import type { Kernel } from "../kernel.ts";
import { exitGroup } from "../process/exit.ts";
import { isOrphanedGroup, stopProcess } from "../process/stop.ts";
import type { Thread } from "../process/thread.ts";
import { formatSignal } from "../strace/line.ts";
import type { SignalAction } from "./actions.ts";
import { pushSignalFrame } from "./frame.ts";
import type { SignalInfo } from "./signal-info.ts";
import { signalSet, unblockable } from "./signal-set.ts";

const fatal = signalSet(signals.SIGKILL);

/** Acts on all deliverable signals, until none is left or the thread cannot run any more. */
export function deliverSignals(kernel: Kernel, thread: Thread): void {
  const { process } = thread;
  while (process.pending.length > 0 || thread.pending.length > 0) {
    if (thread.dead || process.stoppedBy !== undefined) return;
    const isUninterruptible = thread.blocked?.wait.interruption === "uninterruptible";
    const wanted = isUninterruptible ? fatal : ~thread.mask;
    const info = thread.pending.take(wanted) ?? process.pending.take(wanted);
    if (info === undefined) return;
    act(kernel, thread, info);
  }
}

function act(kernel: Kernel, thread: Thread, info: SignalInfo): void {
  const { signal } = info;
  const { process } = thread;
  const action = process.actions.get(signal);
  if (action.handler === SIG_IGN) return;
  kernel.trace?.(formatSignal(kernel, thread, describe(info)));
  if (action.handler !== SIG_DFL) {
    runHandler(kernel, thread, info, action);
    return;
  }
  switch (defaultAction(signal)) {
    case "ignore":
    case "continue":
      return;
    case "stop":
      if (signal === signals.SIGSTOP || !isOrphanedGroup(kernel, process)) {
        stopProcess(process, signal);
      }
      return;
    case "terminate":
      die(kernel, thread, info, false);
      return;
    case "core":
      // Nothing dumps core here, so WCOREDUMP is never set.
      die(kernel, thread, info, false);
  }
}

function die(kernel: Kernel, thread: Thread, info: SignalInfo, core: boolean): void {
  kernel.observer.fatalSignal?.({
    pid: thread.process.pid,
    signal: info.signal,
    pc: thread.cpu.pc,
    address: info.kind === "fault" ? info.address : undefined,
  });
  kernel.trace?.(`+++ killed by ${signalName(info.signal)} +++`);
  exitGroup(kernel, thread.process, { kind: "killed", signal: info.signal, core });
}

function runHandler(kernel: Kernel, thread: Thread, info: SignalInfo, action: SignalAction): void {
  const { signal } = info;
  kernel.dispatcher.interrupt(thread, (action.flags & signalActionFlags.SA_RESTART) !== 0);
  try {
    pushSignalFrame(kernel, thread, info, action);
  } catch (error) {
    if (!(error instanceof GuestFault)) throw error;
    // No room for the frame: Linux forces SIGSEGV, fatally if that is what failed.
    if (signal === signals.SIGSEGV) {
      die(kernel, thread, info, false);
      return;
    }
    forceSignal(thread, { kind: "plain", signal: signals.SIGSEGV, code: 0x80 });
    return;
  }
  if ((action.flags & signalActionFlags.SA_RESETHAND) !== 0) {
    thread.process.actions.set(signal, { ...action, handler: SIG_DFL });
  }
  const own = (action.flags & signalActionFlags.SA_NODEFER) !== 0 ? 0n : signalSet(signal);
  thread.mask = (thread.mask | action.mask | own) & ~unblockable;
}

/**
 * Sends a signal that cannot wait: an instruction raised it. Where it is blocked or ignored, its
 * action becomes the default one, which ends the process.
 */
export function forceSignal(thread: Thread, info: SignalInfo): void {
  const { actions } = thread.process;
  const bit = signalSet(info.signal);
  if ((thread.mask & bit) !== 0n || actions.get(info.signal).handler === SIG_IGN) {
    actions.set(info.signal, { handler: SIG_DFL, flags: 0, restorer: 0n, mask: 0n });
    thread.mask &= ~bit;
  }
  thread.pending.add(info);
}

function describe(info: SignalInfo): string {
  const parts = [`si_signo=${signalName(info.signal)}`, `si_code=${info.code}`];
  if ("pid" in info) parts.push(`si_pid=${info.pid}`, `si_uid=${info.uid}`);
  if (info.kind === "child") parts.push(`si_status=${info.status}`);
  if (info.kind === "fault") parts.push(`si_addr=0x${info.address.toString(16)}`);
  return `${signalName(info.signal)} {${parts.join(", ")}}`;
}
