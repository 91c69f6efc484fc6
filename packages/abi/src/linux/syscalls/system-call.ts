/**
 * One system call under way: what its handler gets to work with, and how it says that it must wait.
 *
 * A call that cannot finish returns {@link SystemCall.block}'s value. The kernel runs the handler
 * again whenever one of the queues is woken, the time has come or a signal has arrived; what must * not be done twice is kept in {@link SystemCall.memo}.
 */
import type { RawSystemCall } from "../binding.ts";
import type { Kernel } from "../kernel.ts";
import type { GuestMemory } from "../memory/guest-memory.ts";
import type { Process } from "../process/process.ts";
import type { Thread } from "../process/thread.ts";
import type { ArmedTimer } from "../timers.ts";
import type { WaitQueue } from "../wait-queue.ts";
import type { SystemCallDefinition } from "./definition.ts";

/**
 * What a signal does to a waiting call, if it runs a handler: `restart` – the call starts over when
 * the handler's action has SA_RESTART, EINTR otherwise; `interrupt` – EINTR always;
 * `uninterruptible` – only death ends the wait; a number – the call succeeds with that (a partial
 * transfer). Without a handler the wait goes on.
 * @see signal(7), "Interruption of system calls and library functions by signal handlers"
 */
export type Interruption = "restart" | "interrupt" | "uninterruptible" | number;

/** Why a call waits. */
export interface Wait {
  readonly on?: readonly WaitQueue[] | undefined;
  /** Monotonic nanoseconds at which to look again, in any case. */
  readonly untilNanos?: number | undefined;
  readonly interruption: Interruption;
  /** Called when a signal's handler ends the wait with EINTR: nanosleep stores the time left. */
  readonly interrupted?: (() => void) | undefined;
  /** Called when the wait ends other than by the call's own handler: a signal or the thread's end. */
  readonly cancel?: (() => void) | undefined;
}

/** The value by which a handler says that its call waits. */
export class Blocked {
  readonly wait: Wait;

  constructor(wait: Wait) {
    this.wait = wait;
  }
}

/** The value by which a handler says that registers are not to be touched: exit, execve, sigreturn. */
export const NO_RESULT: unique symbol = Symbol("no result");

/** What a handler returns: the call's value, or that there is none yet or at all. Failures are thrown. */
export type Outcome = number | bigint | Blocked | typeof NO_RESULT;

/** A call that waits, as its thread keeps it. */
export interface BlockedCall {
  readonly call: SystemCall;
  readonly wait: Wait;
  readonly timer: ArmedTimer | undefined;
}

/** A system call under way. */
export class SystemCall {
  readonly kernel: Kernel;
  readonly thread: Thread;
  readonly definition: SystemCallDefinition;
  readonly raw: RawSystemCall;
  /** Decoded arguments by name. */
  readonly arguments: Readonly<Record<string, number | bigint>>;
  /** What strace shows of the arguments, from the time of the call. */
  traceText: readonly (string | undefined)[] | undefined;
  readonly #memos = new Map<string, unknown>();

  constructor(
    kernel: Kernel,
    thread: Thread,
    definition: SystemCallDefinition,
    raw: RawSystemCall,
    args: Readonly<Record<string, number | bigint>>,
  ) {
    this.kernel = kernel;
    this.thread = thread;
    this.definition = definition;
    this.raw = raw;
    this.arguments = args;
  }

  /** The process of the calling thread. */
  get process(): Process {
    return this.thread.process;
  }

  /** The calling process's memory in the guest's data model. */
  get guest(): GuestMemory {
    return this.thread.process.memory.guest;
  }

  /**
   * State that survives until the call is done, made at the first run of the handler. `key` tells
   * several of them apart; one key has one type.
   */
  memo<T>(make: () => T, key = ""): T {
    if (!this.#memos.has(key)) this.#memos.set(key, make());
    return this.#memos.get(key) as T;
  }

  /** Says that the call waits. */
  block(wait: Wait): Blocked {
    return new Blocked(wait);
  }
}
