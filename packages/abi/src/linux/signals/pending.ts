/**
 * Signals that wait for delivery: standard signals once each, real-time signals queued.
 * @see signal(7), "Queueing and delivery semantics for standard signals"
 */
import { MAX_SIGNAL, SIGRTMIN } from "../constants/signals.ts";
import type { SignalInfo } from "./signal-info.ts";
import type { SignalSet } from "./signal-set.ts";
import { hasSignal, signalSet, synchronousSignals } from "./signal-set.ts";

/** The pending signals of a thread or of a process. */
export class PendingSignals {
  #set: SignalSet = 0n;
  #queue: SignalInfo[] = [];

  /** The signals that are pending. */
  get set(): SignalSet {
    return this.#set;
  }

  /** How many signals are queued: what RLIMIT_SIGPENDING counts. */
  get length(): number {
    return this.#queue.length;
  }

  /** Adds a signal; a standard signal that is pending already is dropped. */
  add(info: SignalInfo): void {
    if (info.signal < SIGRTMIN && hasSignal(this.#set, info.signal)) return;
    this.#set |= signalSet(info.signal);
    this.#queue.push(info);
  }

  /** Takes the next signal of `wanted`: synchronous ones first, then the lowest number, then the oldest. */
  take(wanted: SignalSet): SignalInfo | undefined {
    const candidates = this.#set & wanted;
    if (candidates === 0n) return undefined;
    const first = candidates & synchronousSignals;
    const pool = first === 0n ? candidates : first;
    for (let signal = 1; signal <= MAX_SIGNAL; signal += 1) {
      if (!hasSignal(pool, signal)) continue;
      const at = this.#queue.findIndex((info) => info.signal === signal);
      const [info] = this.#queue.splice(at, 1);
      if (!this.#queue.some((other) => other.signal === signal)) this.#set &= ~signalSet(signal);
      return info;
    }
    return undefined;
  }

  /** Forgets signals. */
  remove(unwanted: SignalSet): void {
    if ((this.#set & unwanted) === 0n) return;
    this.#set &= ~unwanted;
    this.#queue = this.#queue.filter((info) => !hasSignal(unwanted, info.signal));
  }
}
