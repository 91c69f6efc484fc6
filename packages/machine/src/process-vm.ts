/** The process VM: an ISA, an ABI and an engine, composed to run one user-level program. */
import type { Engine, EngineClock, EngineFactory, Exit, Intrinsic, Isa } from "@isovm/isa-spec";
import { IsovmError } from "@isovm/isa-spec";
import type { Abi, AbiRuntime, AbiThread, ProgramEnd } from "./abi.ts";
import { BreakpointArrivals } from "./debug/breakpoint-arrivals.ts";
import { guestExit } from "./guest-exit.ts";
import { GuestMemory } from "./memory/guest-memory.ts";
import type { ProcessAddressSpace } from "./memory/process-address-space.ts";
import { ThreadCpus } from "./thread-cpus.ts";

/** The parts of a process VM. */
export interface ProcessVmOptions<Runtime extends AbiRuntime> {
  /** The guest's instruction set. */
  readonly isa: Isa;
  /** The guest's operating system interface. */
  readonly abi: Abi<Runtime>;
  /** What executes the guest's code. */
  readonly engine: EngineFactory;
  /** Limit of guest memory in bytes; default 2 GiB. */
  readonly memoryBytes?: number;
  /** The real-time counter of the ISA; default: nanoseconds, one for each instruction retired. */
  readonly clock?: EngineClock;
  /** Functions behind `intrinsic` statements of rows of the host's own. */
  readonly intrinsics?: Readonly<Record<string, Intrinsic>>;
}

/** Why a run returned. */
export type RunResult =
  | ProgramEnd
  /** The instruction budget is spent. Running on continues the program. */
  | { readonly kind: "fuel" }
  /** All threads wait: until a time (nanoseconds of the ABI's clock), for input, or for ever. */
  | {
      readonly kind: "idle";
      readonly untilNanos: number | undefined;
      readonly waitsForInput: boolean;
    }
  /**
   * A thread has come to a breakpoint of the engine, the instruction at which has not been executed.
   * That happens once for each arrival: running on executes it.
   */
  | { readonly kind: "breakpoint" }
  /** An instruction failed, with {@link ProcessVm.reportsExceptions}: running on raises its signal. */
  | { readonly kind: "exception"; readonly exit: ExceptionExit };

/** Exits of an engine that become signals. */
export type ExceptionExit = Exclude<Exit, { kind: "budget" } | { kind: "breakpoint" }>;

/** Instructions executed at a time. */
const largestSlice = 2 ** 30;

/** The guest waits for something that will never happen. */
export class DeadlockError extends IsovmError {}

/** A guest program with its memory, threads and engine. */
export class ProcessVm<Runtime extends AbiRuntime> {
  readonly isa: Isa;
  readonly memory: GuestMemory;
  readonly engine: Engine;
  /** The personality: its system calls, processes, files. */
  readonly abi: Runtime;
  /**
   * Whether a run returns `exception` before an instruction that fails becomes a signal: for
   * debuggers. Default false.
   */
  reportsExceptions = false;
  readonly #cpus: ThreadCpus;
  #executed = 0n;
  #thread: AbiThread | undefined;
  /** What the ABI has not been told yet. */
  #untold:
    | { readonly exit: ExceptionExit; readonly thread: AbiThread; readonly spent: number }
    | undefined;
  /** Instructions by thread, counted while there are breakpoints. */
  readonly #executedBy: WeakMap<AbiThread, bigint> = new WeakMap();
  readonly #arrivals: BreakpointArrivals<AbiThread>;

  constructor(options: ProcessVmOptions<Runtime>) {
    const { isa, abi, clock, intrinsics } = options;
    this.isa = isa;
    this.memory = new GuestMemory({ limitBytes: options.memoryBytes });
    this.engine = options.engine({
      isa,
      memory: this.memory.engine,
      clock: clock ?? { time: () => this.engine.retired },
      ...(intrinsics && { intrinsics }),
    });
    this.#arrivals = new BreakpointArrivals(
      this.engine,
      (thread) => this.#executedBy.get(thread) ?? 0n,
    );
    this.#cpus = new ThreadCpus(this.engine, this.memory.engine);
    this.abi = abi.create({
      memory: this.memory,
      createCpu: (space) => this.#cpus.create(space),
      retired: () => this.engine.retired,
    });
  }

  /** Instructions executed so far, those that trapped included. */
  get executed(): bigint {
    return this.#executed;
  }

  /** The thread that executed last: where a run stopped. */
  get currentThread(): AbiThread | undefined {
    return this.#thread;
  }

  /** Makes nothing of an instruction that failed: running on executes it again. */
  ignoreException(): void {
    const untold = this.#untold;
    this.#untold = undefined;
    if (untold) this.#return(untold.thread, { kind: "budget" }, untold.spent);
  }

  /** The memory that a thread's addresses are of. @throws ForeignAddressSpaceError */
  memoryOf({ cpu }: AbiThread): ProcessAddressSpace {
    return this.#cpus.spaceOf(cpu);
  }

  /**
   * Runs at most `fuel` instructions and returns why it stopped, without ever waiting. To be called
   * again when the guest was idle and its time or its input has come.
   */
  runFor(fuel: number): RunResult {
    const { abi, engine } = this;
    let left = fuel;
    if (this.#untold) {
      const { thread, exit, spent } = this.#untold;
      this.#untold = undefined;
      this.#return(thread, exit, spent);
    }
    for (;;) {
      // The runtime's threads are its own: what it hands out, it takes back.
      const next = abi.schedule();
      if (next.kind === "exited") return next.cause;
      if (next.kind === "idle") return next;
      if (left < 1) {
        this.#return(next.thread, { kind: "budget" }, 0);
        return { kind: "fuel" };
      }
      this.#cpus.enter(next.thread.cpu);
      this.#thread = next.thread;
      if (this.#arrivals.isNew(next.thread)) {
        this.#return(next.thread, { kind: "budget" }, 0);
        return { kind: "breakpoint" };
      }
      const before = engine.retired;
      const budget = Math.min(next.budget, left, largestSlice);
      const exit = engine.run(budget);
      const retired = Number(engine.retired - before);
      // An instruction that didn't retire used the budget, too.
      const spent = exit.kind === "budget" || exit.kind === "breakpoint" ? retired : retired + 1;
      this.#executed += BigInt(spent);
      left -= spent;
      if (engine.breakpoints.size > 0) this.#count(next.thread, spent);
      if (this.reportsExceptions && isException(exit)) {
        this.#untold = { thread: next.thread, exit, spent };
        return { kind: "exception", exit };
      }
      const isAtBreakpoint = exit.kind === "breakpoint" && this.#arrivals.isNew(next.thread);
      this.#return(next.thread, exit, spent);
      if (isAtBreakpoint) return { kind: "breakpoint" };
    }
  }

  /**
   * Runs until the program ends or `fuel` is spent, waiting where the guest waits. Other work of
   * the host gets its turn about every `sliceNanos` of its own time.
   *
   * @throws DeadlockError if the guest waits for what will never happen.
   */
  async run(options: RunOptions = {}): Promise<Exclude<RunResult, { kind: "idle" }>> {
    const { fuel = Number.POSITIVE_INFINITY, wait = defaultWait, pause = defaultPause } = options;
    const start = this.#executed;
    for (;;) {
      const left = fuel - Number(this.#executed - start);
      const result = this.runFor(Math.min(left, options.sliceInstructions ?? 5_000_000));
      if (result.kind === "fuel") {
        if (left - (options.sliceInstructions ?? 5_000_000) <= 0) return result;
        await pause();
      } else if (result.kind === "idle") {
        const { untilNanos, waitsForInput } = result;
        if (untilNanos === undefined && !waitsForInput) {
          throw new DeadlockError("every thread of the guest waits for another one");
        }
        const nanos = untilNanos === undefined ? undefined : untilNanos - this.abi.now();
        await wait(nanos, waitsForInput);
      } else {
        return result;
      }
    }
  }

  #count(thread: AbiThread, instructions: number): void {
    const before = this.#executedBy.get(thread) ?? 0n;
    this.#executedBy.set(thread, before + BigInt(instructions));
  }

  #return(thread: AbiThread, exit: Exit, instructions: number): void {
    const { abi } = this;
    abi.handleExit(thread, guestExit(exit), instructions);
  }
}

function isException(exit: Exit): exit is ExceptionExit {
  if (exit.kind === "effect") return exit.name !== "systemCall";
  return exit.kind !== "budget" && exit.kind !== "breakpoint";
}

/** How {@link ProcessVm.run} shares the host with others. */
export interface RunOptions {
  /** Instructions after which to stop; default none. */
  readonly fuel?: number;
  /** Instructions between two pauses; default 5 million, some ten milliseconds. */
  readonly sliceInstructions?: number;
  /** Waits for so many nanoseconds, or for the guest's input if that comes first. */
  readonly wait?: (nanos: number | undefined, input: boolean) => Promise<void>;
  /** Lets others work. */
  readonly pause?: () => Promise<void>;
}

async function defaultWait(nanos: number | undefined): Promise<void> {
  const millis = nanos === undefined ? 10 : Math.max(0, nanos / 1e6);
  await new Promise((resolve) => setTimeout(resolve, Math.min(millis, 2 ** 31 - 1)));
}

async function defaultPause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/**
 * Composes a process VM from its parts.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { captureOutput, linux } from "@isovm/abi";
 * import { interpreter } from "@isovm/interpreter";
 * import { processVm } from "@isovm/machine";
 * import { linuxRiscv64, rv64 } from "@isovm/riscv";
 *
 * const stdout = captureOutput();
 * const abi = linux({ binding: linuxRiscv64, host: { stdout } });
 * const vm = processVm({ isa: rv64(), abi, engine: interpreter });
 * assert.throws(() => vm.abi.start({ program: "/bin/none", arguments: [], environment: [] }));
 * ```
 */
export function processVm<Runtime extends AbiRuntime>(
  options: ProcessVmOptions<Runtime>,
): ProcessVm<Runtime> {
  return new ProcessVm(options);
}
