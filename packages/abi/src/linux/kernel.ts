/**
 * The Linux personality: processes, threads, signals and system calls of guest programs, on one
 * host thread and without an instruction set of its own.
 *
 * The machine drives it:
 *
 * ```text
 * kernel.start({ program, arguments, environment });
 * for (;;) {
 *   const next = kernel.schedule();
 *   if (next.kind === "exited") break;                    // next.cause
 *   if (next.kind === "idle") { wait; continue; }         // until the time, or kernel.inputReady()
 *   // load next.thread.cpu into the engine, run at most next.budget instructions
 *   kernel.handleExit(next.thread, exit, instructions);
 * }
 * ```
 *
 * `schedule` fires due timers, finishes waiting system calls and delivers signals before it hands out a
 * thread; `handleExit` performs the system call or raises the signal that the exit stands for. All
 * scheduling is round-robin by instructions, so a run with deterministic host services repeats.
 *
 * - A thread that waits in a system call is an object in wait queues ({@link SystemCall}); its handler
 *   runs again when woken. Nothing here is asynchronous in JavaScript's sense.
 * - Time, randomness, standard streams come from {@link HostServices}; files from the `Vfs`;
 *   registers and memory from {@link GuestCpu} and {@link AddressSpace}; what differs between
 *   instruction sets from the {@link LinuxBinding}.
 * - A guest can do nothing that throws out of `schedule` or `handleExit`.
 */
import { deviceFileSystem } from "../vfs/devices/device-file-system.ts";
import { MemoryFileSystem } from "../vfs/memory/file-system.ts";
import type { Vfs } from "../vfs/vfs.ts";
import type { AddressSpaceProvider } from "./address-space.ts";
import type { LinuxBinding } from "./binding.ts";
import { signals } from "./constants/signals.ts";
import { Dispatcher } from "./dispatch.ts";
import { FifoTable } from "./files/fifos.ts";
import { FileLocks } from "./files/locks.ts";
import { SocketNames } from "./files/socket-names.ts";
import type { StandardFiles } from "./files/standard-files.ts";
import { createStandardFiles } from "./files/standard-files.ts";
import { FutexTable } from "./futex.ts";
import type { GuestCpuFactory, GuestExit } from "./guest-cpu.ts";
import type { HostServices } from "./host-services.ts";
import type {
  KernelLimits,
  KernelObserver,
  KernelOptions,
  Schedule,
  StartOptions,
  SystemCallHook,
} from "./kernel-options.ts";
import { defaultLimits } from "./kernel-options.ts";
import { PageSources } from "./memory/page-sources.ts";
import { procFileSystem } from "./proc/proc-file-system.ts";
import { exitGroup } from "./process/exit.ts";
import type { ExitCause, Process } from "./process/process.ts";
import { startFirstProcess } from "./process/start.ts";
import type { Thread } from "./process/thread.ts";
import { deliverSignals } from "./signals/deliver.ts";
import { signalGroup } from "./signals/send.ts";
import { raiseExit } from "./signals/synchronous.ts";
import { TimerQueue } from "./timers.ts";

/** The kernel of one guest. */
export class Kernel {
  readonly binding: LinuxBinding;
  readonly memory: AddressSpaceProvider;
  readonly createCpu: GuestCpuFactory;
  readonly host: HostServices;
  readonly vfs: Vfs;
  readonly limits: KernelLimits;
  readonly observer: KernelObserver;
  /** Gets a line for each system call and signal, as strace(1) prints it, without a newline. */
  readonly trace: ((line: string) => void) | undefined;
  readonly cpuCount: number;
  readonly lingering: "kill" | "run";
  hostName: string;
  domainName = "(none)";

  /** Processes by id, zombies included. */
  readonly processes: Map<number, Process> = new Map();
  /** Live threads by id. */
  readonly threads: Map<number, Thread> = new Map();
  readonly timers: TimerQueue = new TimerQueue();
  readonly futexes: FutexTable = new FutexTable();
  readonly pageSources: PageSources;
  readonly locks: FileLocks = new FileLocks();
  readonly fifos: FifoTable = new FifoTable();
  readonly socketNames: SocketNames = new SocketNames();
  readonly standardFiles: StandardFiles;
  /** Where memfd_create(2) makes its files. */
  readonly unnamedFiles: MemoryFileSystem;
  readonly hooks: Map<string, SystemCallHook[]> = new Map();
  /** The thread whose system call is being performed: what `/proc/self` means. */
  running: Thread | undefined;
  /** The first process, once started. */
  init: Process | undefined;
  readonly bootNanos: number;

  readonly #quantum: number;
  readonly dispatcher: Dispatcher;
  #runQueue: Thread[] = [];
  #current: Thread | undefined;
  #budget = 0;
  #sliceStart = 0;
  #nextId = 100;
  #nextInode = 1000;

  constructor(options: KernelOptions) {
    this.binding = options.binding;
    this.memory = options.memory;
    this.createCpu = options.createCpu;
    this.host = options.host;
    this.vfs = options.vfs;
    this.limits = { ...defaultLimits, ...options.limits };
    this.observer = options.observer ?? {};
    this.trace = options.trace;
    this.hostName = options.hostName ?? "isovm";
    this.cpuCount = options.cpuCount ?? 1;
    this.lingering = options.lingering ?? "kill";
    this.#quantum = options.quantum ?? 200_000;
    this.bootNanos = this.host.clock.monotonicNanos();
    this.unnamedFiles = new MemoryFileSystem({ clock: () => this.host.clock.realtimeNanos() });
    this.pageSources = new PageSources(this);
    this.dispatcher = new Dispatcher(this);
    this.standardFiles = createStandardFiles(this);
    if (options.standardMounts !== false) this.#mountStandard();
  }

  /** Loads the first program. @throws ExecutableError, LinuxError when it cannot be run. */
  start(options: StartOptions): Process {
    this.init = startFirstProcess(this, options);
    return this.init;
  }

  /** Decides what runs next. */
  schedule(): Schedule {
    for (;;) {
      const now = this.now();
      this.timers.run(now);
      const ended = this.#ended();
      if (ended !== undefined) return { kind: "exited", cause: ended };
      const thread = this.#next();
      if (thread === undefined) {
        const untilNanos = this.timers.nextNanos;
        if (untilNanos !== undefined && this.host.clock.skipTo !== undefined) {
          this.host.clock.skipTo(untilNanos);
          continue;
        }
        return {
          kind: "idle",
          untilNanos,
          waitsForInput: this.standardFiles.isAwaited,
        };
      }
      if (thread.dead || thread.process.stoppedBy !== undefined) continue;
      if (thread.blocked !== undefined) this.dispatcher.resume(thread);
      if (!this.#settle(thread)) continue;
      if (thread !== this.#current) {
        this.#current?.cpu.dropReservation?.();
        this.#current = thread;
        this.#budget = this.#quantum;
      }
      this.#sliceStart = now;
      return { kind: "run", thread, budget: this.#budget };
    }
  }

  /** Takes note of why the engine stopped, after `instructions` instructions of the thread. */
  handleExit(thread: Thread, exit: GuestExit, instructions: number): void {
    const spent = Math.max(0, this.now() - this.#sliceStart);
    thread.cpuNanos += spent;
    thread.process.usage.userNanos += spent;
    this.#sliceStart += spent;
    this.#budget -= instructions;
    if (thread.dead) return;
    if (exit.kind === "systemCall") this.dispatcher.enter(thread);
    else if (exit.kind !== "budget") raiseExit(this, thread, exit);
    if (thread.dead || thread.blocked !== undefined) return;
    // Also when the machine only paused: how a run is cut into pieces must not change it.
    if (this.#budget > 0 && this.#current === thread) {
      thread.queued = true;
      this.#runQueue.unshift(thread);
    } else {
      this.#budget = 0;
      this.#current = undefined;
      this.enqueue(thread);
    }
  }

  /** Ends all processes and gives back what the host lent: open files, memory. */
  close(): void {
    for (const process of [...this.processes.values()]) {
      exitGroup(this, process, { kind: "killed", signal: signals.SIGKILL, core: false });
    }
    this.pageSources.close();
  }

  /** The host has input for the guest after `HostInput.read` had none. */
  inputReady(): void {
    this.standardFiles.inputReady();
  }

  /** Sends a signal to the terminal's foreground process group, as its interrupt key does. */
  signalForeground(signal: number): void {
    const group = this.standardFiles.terminal.foregroundGroup;
    if (group !== 0) signalGroup(this, group, { kind: "plain", signal, code: 0x80 });
  }

  /** Calls `hook` before the kernel's own handler of the named system call. Gives a function that removes it. */
  onSystemCall(name: string, hook: SystemCallHook): () => void {
    const hooks = this.hooks.get(name) ?? [];
    hooks.push(hook);
    this.hooks.set(name, hooks);
    return () => {
      const at = hooks.indexOf(hook);
      if (at >= 0) hooks.splice(at, 1);
    };
  }

  /** Monotonic nanoseconds. */
  now(): number {
    return this.host.clock.monotonicNanos();
  }

  /** Nanoseconds of the present time slice, if the thread or a thread of the process has it. */
  runningNanos(owner: Thread | Process): number {
    const current = this.#current;
    if (current === undefined || (current !== owner && current.process !== owner)) return 0;
    return Math.max(0, this.now() - this.#sliceStart);
  }

  /** A process or thread id that is not in use, also not as a group or session. */
  allocateId(): number {
    for (;;) {
      const id = this.#nextId;
      this.#nextId = id >= 32767 ? 100 : id + 1;
      if (!this.threads.has(id) && !this.processes.has(id) && !this.#groupExists(id)) return id;
    }
  }

  /** An inode number for an object without a place in the tree. */
  allocateInode(): number {
    this.#nextInode += 1;
    return this.#nextInode;
  }

  /** Puts a thread at the end of the run queue. */
  enqueue(thread: Thread): void {
    if (thread.queued || thread.dead) return;
    thread.queued = true;
    this.#runQueue.push(thread);
  }

  /** Gives the rest of the thread's time away: sched_yield(2). */
  yieldSlice(): void {
    this.#budget = 0;
  }

  /** The processes of a group that have not ended. */
  *groupMembers(group: number): Iterable<Process> {
    for (const process of this.processes.values()) {
      if (process.group === group && !process.zombie) yield process;
    }
  }

  #mountStandard(): void {
    const { clock, random } = this.host;
    const devices = deviceFileSystem({
      clock: () => clock.realtimeNanos(),
      fillRandom: (buffer) => random(buffer),
    });
    this.vfs.mount("/dev", devices, { source: "devtmpfs" });
    this.vfs.mount("/proc", procFileSystem(this), { source: "proc" });
  }

  #groupExists(id: number): boolean {
    for (const process of this.processes.values()) {
      if (process.group === id || process.session === id) return true;
    }
    return false;
  }

  #next(): Thread | undefined {
    const thread = this.#runQueue.shift();
    if (thread !== undefined) thread.queued = false;
    return thread;
  }

  /** Delivers signals; false if the thread is not ready for user mode then: it waits, is stopped, has ended. */
  #settle(thread: Thread): boolean {
    deliverSignals(this, thread);
    return !thread.dead && thread.blocked === undefined && thread.process.stoppedBy === undefined;
  }

  #ended(): ExitCause | undefined {
    const { init } = this;
    if (init?.exit === undefined || !init.zombie) return undefined;
    if (this.lingering === "run" && this.threads.size > 0) return undefined;
    return init.exit;
  }
}
