/** One run of a guest: a process VM over the command's streams, driven to its end. */
import {
  type Kernel,
  type LinuxOptions,
  linux,
  type StartOptions,
  signals,
  type Vfs,
} from "@isovm/abi";
import type { Isa } from "@isovm/isa-spec";
import {
  type DebuggedRunResult,
  GdbStub,
  ProcessDebugger,
  type ProcessVm,
  processDebugTarget,
  processVm,
} from "@isovm/machine";
import { GdbServer } from "../debug/gdb-server.ts";
import type { CommandIo } from "../io/command-io.ts";
import { engineClock, hostClock, hostRandom } from "./clock.ts";
import type { EngineChoice, EngineServices } from "./engines.ts";
import type { Target } from "./targets.ts";

/** What a session is made from. */
export interface SessionOptions {
  readonly target: Target;
  readonly isa: Isa;
  readonly engine: EngineChoice;
  readonly services: EngineServices;
  readonly vfs: Vfs;
  readonly io: CommandIo;
  readonly memoryBytes: number | undefined;
  readonly trace: ((line: string) => void) | undefined;
}

/** How a session ended; `deadlock` if the guest waits for what can't come. */
export type SessionEnd =
  | Exclude<DebuggedRunResult, { kind: "idle" }>
  | { readonly kind: "deadlock" };

/** An instruction that the engine refused, or a signal that ended a process. */
export interface Incident {
  readonly pid: number;
  readonly text: string;
}

/** Times shorter than this (nanoseconds) are waited for without a timer, whose unit is longer. */
const shortestTimer = 1e6;
const longestTimerMillis = 2 ** 31 - 1;

/** A guest that can be started and run. */
export class Session {
  readonly vm: ProcessVm<Kernel>;
  readonly #io: CommandIo;
  readonly #engine: EngineChoice;
  #systemCalls = 0;
  #peakMemoryBytes = 0;
  #isOutOfMemory = false;
  #incident: Incident | undefined;
  #illegal: Incident | undefined;
  #wake: (() => void) | undefined;
  #stub: GdbStub | undefined;
  #debugger: ProcessDebugger<Kernel> | undefined;

  constructor(options: SessionOptions) {
    const { isa, engine, services, io, memoryBytes } = options;
    this.#io = io;
    this.#engine = engine;
    this.vm = processVm({
      isa,
      abi: { create: (parts) => this.#watch(linux(this.#linuxOptions(options)).create(parts)) },
      engine: engine.create(services),
      clock: engineClock,
      ...(memoryBytes !== undefined && { memoryBytes }),
    });
  }

  /** System calls that the guest made. */
  get systemCalls(): number {
    return this.#systemCalls;
  }

  /** The most memory that the guest was seen to hold, in bytes. */
  get peakMemoryBytes(): number {
    return this.#peakMemoryBytes;
  }

  /** Whether a page was wanted beyond the memory limit. */
  get isOutOfMemory(): boolean {
    return this.#isOutOfMemory;
  }

  /** What happened last of all that may explain the end of a process. */
  incidentOf(pid: number): string | undefined {
    return this.#incident?.pid === pid ? this.#incident.text : undefined;
  }

  /** Loads the program. @throws ExecutableError, LinuxError */
  start(options: StartOptions): void {
    this.vm.abi.start(options);
  }

  /**
   * Has the program, which was loaded, stand still until a debugger connects at the port; does
   * nothing without a port.
   *
   * @throws UsageError
   */
  async debug(
    port: number | undefined,
    say: (line: string) => void,
  ): Promise<GdbServer | undefined> {
    if (port === undefined) return undefined;
    const process = {
      threads: () => this.vm.abi.init?.threads.values() ?? [],
      auxiliaryVector: () => this.vm.abi.init?.memory.layout.auxiliaryVector,
    };
    const stub = new GdbStub(processDebugTarget(this.vm, process));
    const server = await GdbServer.listen(port, stub);
    this.#stub = stub;
    this.#debugger = new ProcessDebugger(this.vm, process, stub, () => this.#wake?.());
    say(server.invitation);
    return server;
  }

  /** Ends what is left of the guest and gives back what the host lent. */
  close(): void {
    this.vm.abi.close();
  }

  /** Runs to the end, waiting where the guest waits, for at most `fuel` instructions. */
  async run(fuel: number): Promise<SessionEnd> {
    const stopListening = this.#io.onSignal((signal) => {
      this.#signal(signal);
      this.#wake?.();
    });
    const stopReading = this.#io.stdin.onReady(() => {
      this.vm.abi.inputReady();
      this.#wake?.();
    });
    try {
      return await this.#loop(fuel);
    } finally {
      stopListening();
      stopReading();
      this.#io.setRaw(false);
    }
  }

  #signal(signal: number): void {
    const { abi } = this.vm;
    // Nobody is there who could have the program take it.
    if (this.#stub && !this.#stub.isConnected) this.#stub.release();
    const isOwnJob = abi.standardFiles.terminal.foregroundGroup === abi.init?.group;
    if (signal === signals.SIGTSTP && isOwnJob) {
      // Nobody in the guest could have its first process go on.
      this.#io.suspend();
      abi.signalForeground(signals.SIGCONT);
    } else {
      abi.signalForeground(signal);
    }
  }

  async #loop(fuel: number): Promise<SessionEnd> {
    const { vm } = this;
    const { sliceInstructions } = this.#engine;
    for (;;) {
      const left = fuel - Number(vm.executed);
      const most = Math.min(left, sliceInstructions);
      const result = this.#debugger ? await this.#debugger.runFor(most) : run(vm, most);
      this.#measureMemory();
      switch (result.kind) {
        case "exited":
        case "killed":
          return result;
        case "fuel":
          if (Number(vm.executed) >= fuel) return result;
          await turn();
          break;
        case "idle": {
          const { untilNanos, waitsForInput } = result;
          const isLimited = Number.isFinite(fuel);
          if (untilNanos === undefined && !waitsForInput && isLimited) return { kind: "deadlock" };
          await this.#wait(untilNanos, waitsForInput);
        }
      }
    }
  }

  /** Waits for a time, for input or for a signal, whichever comes first. */
  async #wait(untilNanos: number | undefined, waitsForInput: boolean): Promise<void> {
    const nanos = (untilNanos ?? Number.POSITIVE_INFINITY) - this.vm.abi.now();
    if (nanos < shortestTimer && !waitsForInput) return turn();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      // A timer without an end keeps the process alive while only a signal can wake the guest.
      timer = setTimeout(resolve, Math.min(Math.max(nanos / 1e6, 0), longestTimerMillis));
    });
    clearTimeout(timer);
    this.#wake = undefined;
  }

  #measureMemory(): void {
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, this.vm.memory.residentBytes);
  }

  /** Counts what passes by. */
  #watch(kernel: Kernel): Kernel {
    const handleExit = kernel.handleExit.bind(kernel);
    kernel.handleExit = (thread, exit, instructions) => {
      if (exit.kind === "systemCall") {
        this.#systemCalls += 1;
        this.#measureMemory();
      } else if (exit.kind === "fault" && exit.reason === "outOfMemory") {
        this.#isOutOfMemory = true;
      }
      handleExit(thread, exit, instructions);
    };
    return kernel;
  }

  #linuxOptions({ target, vfs, io, trace }: SessionOptions): LinuxOptions {
    return {
      binding: target.binding,
      vfs,
      trace,
      host: {
        clock: hostClock,
        random: hostRandom,
        stdin: io.stdin,
        stdout: io.stdout,
        stderr: io.stderr,
        terminal: { windowSize: () => io.windowSize(), setRaw: (raw) => io.setRaw(raw) },
      },
      observer: {
        illegalInstruction: ({ pid, address, bits, sizeBytes = 4 }) => {
          const word = bits.toString(16).padStart(2 * sizeBytes, "0");
          const text = `illegal instruction 0x${word} at 0x${address.toString(16)}`;
          this.#illegal = { pid, text };
        },
        fatalSignal: ({ pid, signal, pc, address }) => {
          const at = `at pc 0x${pc.toString(16)}`;
          const illegal =
            signal === signals.SIGILL && this.#illegal?.pid === pid
              ? this.#illegal.text
              : undefined;
          const access = address === undefined ? "" : `, address 0x${address.toString(16)}`;
          this.#incident = { pid, text: illegal ?? `${at}${access}` };
        },
      },
    };
  }
}

/** Runs a program that nobody debugs. */
function run(vm: ProcessVm<Kernel>, fuel: number): DebuggedRunResult {
  for (;;) {
    const result = vm.runFor(fuel);
    if (result.kind !== "breakpoint" && result.kind !== "exception") return result;
  }
}

/** Lets timers, signals and input have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
