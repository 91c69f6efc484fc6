/**
 * Signal numbers (the generic numbering), names and default actions.
 * @see signal(7)
 */

/** Signals by name. */
export const signals = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
} as const;

/** The name of a standard signal. */
export type SignalName = keyof typeof signals;

/** Highest signal number. */
export const MAX_SIGNAL = 64;
/** First real-time signal of the kernel's numbering. */
export const SIGRTMIN = 32;

const names = new Map<number, string>(
  Object.entries(signals).map(([name, number]) => [number, name]),
);

/** `SIGTERM` for 15, `SIGRT_1` for 33 (strace's spelling), the number itself for what is no signal. */
export function signalName(signal: number): string {
  const name = names.get(signal);
  if (name !== undefined) return name;
  if (signal === SIGRTMIN) return "SIGRTMIN";
  return signal > SIGRTMIN && signal <= MAX_SIGNAL ? `SIGRT_${signal - SIGRTMIN}` : String(signal);
}

/** What a signal does to a process that has no handler for it. */
export type DefaultAction = "terminate" | "core" | "stop" | "continue" | "ignore";

const actions = new Map<number, DefaultAction>([
  [signals.SIGQUIT, "core"],
  [signals.SIGILL, "core"],
  [signals.SIGTRAP, "core"],
  [signals.SIGABRT, "core"],
  [signals.SIGBUS, "core"],
  [signals.SIGFPE, "core"],
  [signals.SIGSEGV, "core"],
  [signals.SIGXCPU, "core"],
  [signals.SIGXFSZ, "core"],
  [signals.SIGSYS, "core"],
  [signals.SIGSTOP, "stop"],
  [signals.SIGTSTP, "stop"],
  [signals.SIGTTIN, "stop"],
  [signals.SIGTTOU, "stop"],
  [signals.SIGCONT, "continue"],
  [signals.SIGCHLD, "ignore"],
  [signals.SIGURG, "ignore"],
  [signals.SIGWINCH, "ignore"],
]);

/** The default action of a signal. */
export function defaultAction(signal: number): DefaultAction {
  return actions.get(signal) ?? "terminate";
}

/** `si_code` values. */
export const signalCode = {
  SI_USER: 0,
  SI_KERNEL: 0x80,
  SI_QUEUE: -1,
  SI_TIMER: -2,
  SI_TKILL: -6,
  ILL_ILLOPC: 1,
  FPE_INTDIV: 1,
  SEGV_MAPERR: 1,
  SEGV_ACCERR: 2,
  BUS_ADRALN: 1,
  BUS_ADRERR: 2,
  TRAP_BRKPT: 1,
  CLD_EXITED: 1,
  CLD_KILLED: 2,
  CLD_DUMPED: 3,
  CLD_TRAPPED: 4,
  CLD_STOPPED: 5,
  CLD_CONTINUED: 6,
} as const;

/** `sa_flags` bits. */
export const signalActionFlags = {
  SA_NOCLDSTOP: 0x1,
  SA_NOCLDWAIT: 0x2,
  SA_SIGINFO: 0x4,
  SA_RESTORER: 0x0400_0000,
  SA_ONSTACK: 0x0800_0000,
  SA_RESTART: 0x1000_0000,
  SA_NODEFER: 0x4000_0000,
  SA_RESETHAND: 0x8000_0000,
} as const;

/** Handler values that are no addresses. */
export const SIG_DFL = 0n;
export const SIG_IGN = 1n;
