/** Numbers of signals in the remote protocol. @see include/gdb/signals.def of GDB */

/** Those that a guest may stop for, or end by. */
export const remoteSignals = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGBUS: 10,
  SIGSEGV: 11,
  SIGSYS: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGUSR1: 30,
  SIGUSR2: 31,
  SIGXCPU: 24,
  SIGXFSZ: 25,
} as const;

/** A signal that the protocol has no number for here. */
const unknownSignal = 143;

/** The number of a signal by its name. */
export function remoteSignal(name: string): number {
  const numbers: Readonly<Record<string, number>> = remoteSignals;
  return numbers[name] ?? unknownSignal;
}
