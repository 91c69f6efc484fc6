/**
 * A process's timers: setitimer(2)'s and those of timer_create(2).
 * @see getitimer(2), timer_create(2)
 */
import { signalCode, signals } from "../constants/signals.ts";
import { LinuxError } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import type { Process } from "../process/process.ts";
import { signalProcess, signalThread } from "../signals/send.ts";
import type { ArmedTimer } from "../timers.ts";

/** What a timer does when it expires. */
export interface Expiry {
  /** 0 for none (SIGEV_NONE). */
  readonly signal: number;
  readonly value: bigint;
  /** The thread that gets the signal (SIGEV_THREAD_ID); undefined means the process. */
  readonly thread: number | undefined;
}

/** A timer with an interval. */
export class IntervalTimer {
  readonly clock: number;
  readonly #kernel: Kernel;
  readonly #expire: (overrun: number) => void;
  #armed: ArmedTimer | undefined;
  #intervalNanos = 0;
  /** Expirations beyond the one that was signalled last. */
  overrun = 0;

  constructor(kernel: Kernel, clock: number, expire: (overrun: number) => void) {
    this.#kernel = kernel;
    this.clock = clock;
    this.#expire = expire;
  }

  /** Arms the timer at a monotonic time, or disarms it. */
  set(atNanos: number | undefined, intervalNanos: number): void {
    if (this.#armed !== undefined) this.#kernel.timers.cancel(this.#armed);
    this.#armed = undefined;
    this.#intervalNanos = intervalNanos;
    this.overrun = 0;
    if (atNanos !== undefined) this.#arm(atNanos);
  }

  get(): { remainingNanos: number; intervalNanos: number } {
    const remainingNanos =
      this.#armed === undefined ? 0 : Math.max(1, this.#armed.atNanos - this.#kernel.now());
    return { remainingNanos, intervalNanos: this.#intervalNanos };
  }

  #arm(atNanos: number): void {
    this.#armed = this.#kernel.timers.arm(atNanos, () => {
      this.#armed = undefined;
      const interval = this.#intervalNanos;
      let missed = 0;
      if (interval > 0) {
        missed = Math.floor(Math.max(0, this.#kernel.now() - atNanos) / interval);
        this.#arm(atNanos + (missed + 1) * interval);
      }
      this.overrun = missed;
      this.#expire(missed);
    });
  }
}

// What RLIMIT_SIGPENDING bounds in Linux.
const MAX_TIMERS = 1024;

/** All timers of one process. */
export class IntervalTimers {
  /** ITIMER_REAL. */
  readonly real: IntervalTimer;
  readonly #kernel: Kernel;
  readonly #process: Process;
  readonly #created = new Map<number, IntervalTimer>();
  #nextId = 0;

  constructor(kernel: Kernel, process: Process) {
    this.#kernel = kernel;
    this.#process = process;
    this.real = new IntervalTimer(kernel, 1, () =>
      signalProcess(process, {
        kind: "plain",
        signal: signals.SIGALRM,
        code: signalCode.SI_KERNEL,
      }),
    );
  }

  /** timer_create(2). @throws LinuxError EAGAIN. */
  create(clock: number, makeExpiry: (id: number) => Expiry): number {
    if (this.#created.size >= MAX_TIMERS) throw new LinuxError("EAGAIN");
    const id = this.#nextId;
    this.#nextId += 1;
    const expiry = makeExpiry(id);
    const timer = new IntervalTimer(this.#kernel, clock, (overrun) =>
      this.#expire(id, expiry, overrun),
    );
    this.#created.set(id, timer);
    return id;
  }

  /** @throws LinuxError EINVAL. */
  get(id: number): IntervalTimer {
    const timer = this.#created.get(id);
    if (timer === undefined) throw new LinuxError("EINVAL");
    return timer;
  }

  delete(id: number): void {
    this.get(id).set(undefined, 0);
    this.#created.delete(id);
  }

  /** The process ends or calls execve(2): created timers go, and ITIMER_REAL with the process. */
  disarm(keepReal = false): void {
    if (!keepReal) this.real.set(undefined, 0);
    for (const timer of this.#created.values()) timer.set(undefined, 0);
    this.#created.clear();
  }

  #expire(timer: number, expiry: Expiry, overrun: number): void {
    if (expiry.signal === 0) return;
    const info = {
      kind: "timer",
      signal: expiry.signal,
      code: signalCode.SI_TIMER,
      timer,
      overrun,
      value: expiry.value,
    } as const;
    if (expiry.thread === undefined) {
      signalProcess(this.#process, info);
      return;
    }
    const thread = this.#process.threads.get(expiry.thread);
    if (thread !== undefined) signalThread(thread, info);
  }
}

/** A process's timers, made on first use. */
export function timersOf(kernel: Kernel, process: Process): IntervalTimers {
  process.timers ??= new IntervalTimers(kernel, process);
  return process.timers;
}
