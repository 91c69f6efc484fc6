/**
 * A process: a group of threads with one id, one memory, one set of signal actions.
 * @see clone(2), wait(2), credentials(7)
 */
import type { MemoryImage } from "../memory/memory-image.ts";
import type { SignalActions } from "../signals/actions.ts";
import { PendingSignals } from "../signals/pending.ts";
import type { IntervalTimers } from "../time/interval-timers.ts";
import { WaitQueue } from "../wait-queue.ts";
import type { Identity } from "./credentials.ts";
import type { ResourceLimits } from "./resource-limits.ts";
import type { Thread } from "./thread.ts";

/** How a process ended, or what it last did that its parent may hear of. */
export type ExitCause =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: number; readonly core: boolean };

/** The status word of wait4(2). */
export function waitStatus(cause: ExitCause): number {
  return cause.kind === "exited"
    ? (cause.code & 0xff) << 8
    : (cause.signal & 0x7f) | (cause.core ? 0x80 : 0);
}

/** Times in nanoseconds and counters, as getrusage(2) sums them. */
export interface Usage {
  userNanos: number;
  maxResidentBytes: number;
  minorFaults: number;
}

/** What a new process starts with. */
export interface ProcessInit {
  readonly pid: number;
  readonly parent: Process | undefined;
  readonly memory: MemoryImage;
  readonly actions: SignalActions;
  readonly identity: Identity;
  readonly limits: ResourceLimits;
  readonly group: number;
  readonly session: number;
  readonly startNanos: number;
  /** Signal that the parent gets at its end; 0 for none. */
  readonly exitSignal: number;
}

/** One process. */
export class Process {
  readonly pid: number;
  parent: Process | undefined;
  readonly children: Set<Process> = new Set();
  readonly threads: Map<number, Thread> = new Map();
  memory: MemoryImage;
  actions: SignalActions;
  readonly pending: PendingSignals = new PendingSignals();
  identity: Identity;
  limits: ResourceLimits;
  /** Process group and session ids. */
  group: number;
  session: number;
  exitSignal: number;
  readonly startNanos: number;

  /** Set once: the process is a zombie, or soon will be (its threads are ending). */
  exit: ExitCause | undefined;
  /** A zombie: all threads are gone, the parent has not waited. */
  zombie = false;
  /** The signal that stopped it, while it is stopped. */
  stoppedBy: number | undefined;
  /** A stop or continuation that no wait has reported yet. */
  unreported: "stopped" | "continued" | undefined;
  /** Woken when a child changes state. */
  readonly childChange: WaitQueue = new WaitQueue();
  /** Woken when a signal is queued: signalfd, sigtimedwait. */
  readonly signalArrival: WaitQueue = new WaitQueue();
  /** Woken when it execs or ends: vfork(2). */
  readonly released: WaitQueue = new WaitQueue();
  /** Whether a vfork(2) parent still waits for it. */
  borrowsMemory = false;
  /** It has called execve(2) since it was forked: setpgid(2) is then EACCES. */
  hasExecuted = false;
  /** Woken when the process is a zombie: pidfd. */
  readonly ended: WaitQueue = new WaitQueue();

  readonly usage: Usage = { userNanos: 0, maxResidentBytes: 0, minorFaults: 0 };
  /** Usage of children that were waited for. */
  readonly childUsage: Usage = { userNanos: 0, maxResidentBytes: 0, minorFaults: 0 };
  /** Armed and created timers; made on first use. */
  timers: IntervalTimers | undefined;
  /** prctl(2) state. */
  dumpable = true;
  noNewPrivileges = false;
  isSubreaper = false;
  parentDeathSignal = 0;
  niceness = 0;
  /** The name of the thread that ended last: a zombie's. */
  lastName = "";
  /** The arguments that it was started with. */
  commandLine: readonly string[] = [];

  constructor(init: ProcessInit) {
    this.pid = init.pid;
    this.parent = init.parent;
    this.memory = init.memory;
    this.actions = init.actions;
    this.identity = init.identity;
    this.limits = init.limits;
    this.group = init.group;
    this.session = init.session;
    this.startNanos = init.startNanos;
    this.exitSignal = init.exitSignal;
    init.parent?.children.add(this);
  }

  /** What getppid(2) says; orphans belong to an invisible process 1 that reaps them. */
  get parentPid(): number {
    return this.parent?.pid ?? 1;
  }

  /** The first thread, or any that is left of the process when it has ended. */
  get leader(): Thread | undefined {
    return this.threads.get(this.pid) ?? this.threads.values().next().value;
  }
}
