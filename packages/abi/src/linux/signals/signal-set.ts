/**
 * Sets of signals as the kernel's 64-bit masks: bit `n - 1` stands for signal `n`.
 * @see sigsetops(3)
 */
import { MAX_SIGNAL, signals } from "../constants/signals.ts";

/** A set of signals; bit `n - 1` stands for signal `n`. */
export type SignalSet = bigint;

/** The set of the given signals. */
export function signalSet(...members: readonly number[]): SignalSet {
  let set = 0n;
  for (const signal of members) set |= 1n << BigInt(signal - 1);
  return set;
}

/** Whether a signal is in a set. */
export function hasSignal(set: SignalSet, signal: number): boolean {
  return ((set >> BigInt(signal - 1)) & 1n) !== 0n;
}

/** Members in ascending order. */
export function signalsIn(set: SignalSet): number[] {
  const members: number[] = [];
  for (let signal = 1; signal <= MAX_SIGNAL; signal += 1) {
    if (hasSignal(set, signal)) members.push(signal);
  }
  return members;
}

/** SIGKILL and SIGSTOP: cannot be blocked, caught or ignored. */
export const unblockable: SignalSet = signalSet(signals.SIGKILL, signals.SIGSTOP);

/** The signals that stop a process; SIGCONT cancels them, and they cancel SIGCONT. */
export const stopSignals: SignalSet = signalSet(
  signals.SIGSTOP,
  signals.SIGTSTP,
  signals.SIGTTIN,
  signals.SIGTTOU,
);

/** Signals that an instruction raises; they are delivered before all others. */
export const synchronousSignals: SignalSet = signalSet(
  signals.SIGSEGV,
  signals.SIGBUS,
  signals.SIGILL,
  signals.SIGTRAP,
  signals.SIGFPE,
  signals.SIGSYS,
);
