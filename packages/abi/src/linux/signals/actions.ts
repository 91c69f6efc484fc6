/**
 * What a process does on each signal (`struct sighand_struct`): shared by the threads of a process.
 * @see sigaction(2)
 */
import { defaultAction, MAX_SIGNAL, SIG_DFL, SIG_IGN } from "../constants/signals.ts";
import type { SignalSet } from "./signal-set.ts";

/** One signal's disposition, as rt_sigaction(2) sets it. */
export interface SignalAction {
  /** An address, {@link SIG_DFL} or {@link SIG_IGN}. */
  readonly handler: bigint;
  readonly flags: number;
  /** Where the handler returns to, on ISAs whose `struct sigaction` says so. */
  readonly restorer: bigint;
  /** Signals that are blocked while the handler runs. */
  readonly mask: SignalSet;
}

const byDefault: SignalAction = { handler: SIG_DFL, flags: 0, restorer: 0n, mask: 0n };

/** The dispositions of all signals. */
export class SignalActions {
  readonly #actions: SignalAction[];

  constructor(actions?: readonly SignalAction[]) {
    this.#actions =
      actions === undefined
        ? Array.from({ length: MAX_SIGNAL + 1 }, () => byDefault)
        : actions.slice();
  }

  /** A signal's disposition; `signal` is 1 to 64. */
  get(signal: number): SignalAction {
    return this.#actions[signal] ?? byDefault;
  }

  set(signal: number, action: SignalAction): void {
    this.#actions[signal] = action;
  }

  /** Whether a signal would have no effect at all. */
  isIgnored(signal: number): boolean {
    const { handler } = this.get(signal);
    return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signal) === "ignore");
  }

  /** A copy for a forked process. */
  copy(): SignalActions {
    return new SignalActions(this.#actions);
  }

  /** execve(2): what is caught becomes default, what is ignored stays ignored. */
  resetHandlers(): void {
    for (let signal = 1; signal <= MAX_SIGNAL; signal += 1) {
      if (this.get(signal).handler !== SIG_IGN) this.#actions[signal] = byDefault;
    }
  }
}
