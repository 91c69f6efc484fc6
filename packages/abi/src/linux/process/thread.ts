/**
 * A thread of a guest process (`struct task_struct`): processor state, signal mask, what it waits for.
 */
import type { DescriptorTable } from "../files/descriptor-table.ts";
import type { GuestCpu } from "../guest-cpu.ts";
import { PendingSignals } from "../signals/pending.ts";
import type { SignalSet } from "../signals/signal-set.ts";
import type { BlockedCall } from "../syscalls/system-call.ts";
import type { Waiter } from "../wait-queue.ts";
import type { FileSystemState } from "./file-system-state.ts";
import type { Process } from "./process.ts";

/** An alternate signal stack (sigaltstack(2)); `sizeBytes` 0 means disabled. */
export interface AlternateStack {
  readonly address: number;
  readonly sizeBytes: number;
  readonly flags: number;
}

/** No alternate stack. */
export const noAlternateStack: AlternateStack = { address: 0, sizeBytes: 0, flags: 0 };

/** What a new thread starts with. */
export interface ThreadInit {
  readonly id: number;
  readonly process: Process;
  readonly cpu: GuestCpu;
  readonly files: DescriptorTable;
  readonly fileSystem: FileSystemState;
  readonly name: string;
  readonly mask: SignalSet;
  /** Puts the thread into the run queue. */
  readonly enqueue: (thread: Thread) => void;
}

/** One thread. */
export class Thread implements Waiter {
  /** Changes only when a thread that is not the leader calls execve(2). */
  id: number;
  readonly process: Process;
  readonly cpu: GuestCpu;
  files: DescriptorTable;
  fileSystem: FileSystemState;
  /** Up to 15 bytes, as PR_SET_NAME sets it. */
  name: string;
  mask: SignalSet;
  /** The mask to return to after a call that waits with another one (sigsuspend, ppoll). */
  maskToRestore: SignalSet | undefined;
  readonly pending: PendingSignals = new PendingSignals();
  alternateStack: AlternateStack = noAlternateStack;
  /** Address that is zeroed and woken as a futex when the thread ends; 0 for none. */
  clearChildTid = 0;
  robustList = 0;
  robustListBytes = 0;
  /** The system call in which the thread waits. */
  blocked: BlockedCall | undefined;
  /** Whether the run queue holds it. */
  queued = false;
  dead = false;
  /** CPU time in nanoseconds. */
  cpuNanos = 0;
  readonly #enqueue: (thread: Thread) => void;

  constructor(init: ThreadInit) {
    this.id = init.id;
    this.process = init.process;
    this.cpu = init.cpu;
    this.files = init.files;
    this.fileSystem = init.fileSystem;
    this.name = init.name;
    this.mask = init.mask;
    this.#enqueue = init.enqueue;
    init.process.threads.set(init.id, this);
  }

  /** What the thread waits for may have happened: it will look again when it is scheduled. */
  wake(): void {
    if (!this.dead) this.#enqueue(this);
  }

  /** Signals that could be delivered now. */
  get deliverable(): SignalSet {
    return (this.pending.set | this.process.pending.set) & ~this.mask;
  }
}
