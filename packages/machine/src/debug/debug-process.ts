/** Runs a process VM as a debugger says. */
import type { AbiRuntime } from "../abi.ts";
import type { ExceptionExit, ProcessVm, RunResult } from "../process-vm.ts";
import type { DebugStop } from "./debug-target.ts";
import { remoteSignals } from "./gdb/signals.ts";
import type { GdbStub } from "./gdb/stub.ts";
import type { DebuggedProcess } from "./process-debug-target.ts";

/** What a run of a debugged process returns. */
export type DebuggedRunResult = Exclude<RunResult, { kind: "breakpoint" | "exception" }>;

/** Instructions executed singly in one go. */
const patience = 10_000;

/** The signal that ends what a debugger kills. */
const killed = { kind: "killed", signal: 9, core: false } as const;

/** A process VM, one process of which is debugged; others run as if they weren't. */
export class ProcessDebugger<Runtime extends AbiRuntime> {
  readonly #vm: ProcessVm<Runtime>;
  readonly #process: DebuggedProcess;
  readonly #stub: GdbStub;
  #isInterrupted = false;

  /** `wake` has a host that waits for the guest run it again. */
  constructor(vm: ProcessVm<Runtime>, process: DebuggedProcess, stub: GdbStub, wake: () => void) {
    this.#vm = vm;
    this.#process = process;
    this.#stub = stub;
    vm.reportsExceptions = true;
    stub.onInterrupt = () => {
      this.#isInterrupted = true;
      wake();
    };
  }

  /** Does what {@link ProcessVm.runFor} does, once the debugger has the process go on. */
  async runFor(fuel: number): Promise<DebuggedRunResult> {
    const vm = this.#vm;
    for (;;) {
      const order = await this.#stub.order();
      if (order.kind === "kill") return killed;
      if (this.#isInterrupted) {
        this.#stop({ kind: "interrupt" });
        continue;
      }
      if (order.ignoresSignal) vm.ignoreException();
      const isWhole = order.step === undefined && this.#stub.watchpoints.size === 0;
      const result = isWhole ? vm.runFor(fuel) : this.#runSingly(order.step, fuel);
      if (result.kind === "step" || result.kind === "watchpoint") this.#stop(result);
      else if (result.kind === "breakpoint") {
        if (this.#isDebugged) this.#stop(result);
      } else if (result.kind === "exception") {
        const signal = signalOf(result.exit);
        if (this.#isDebugged && signal !== undefined) this.#stop({ kind: "signal", signal });
      } else return result;
    }
  }

  /** Whether the thread that executed last is of the process. */
  get #isDebugged(): boolean {
    return this.#threadOf() !== undefined;
  }

  #threadOf(): number | undefined {
    const cpu = this.#vm.currentThread?.cpu;
    for (const thread of this.#process.threads()) if (thread.cpu === cpu) return thread.id;
    return undefined;
  }

  /** Runs until a thread has executed one instruction, or what is watched has changed. */
  #runSingly(
    id: number | undefined,
    fuel: number,
  ): RunResult | { readonly kind: "step" } | Extract<DebugStop, { kind: "watchpoint" }> {
    const vm = this.#vm;
    const { watchpoints } = this.#stub;
    for (let count = 0; count < Math.min(fuel, patience); count += 1) {
      const before = vm.executed;
      const result = vm.runFor(1);
      const isPlain = result.kind === "fuel" || result.kind === "idle";
      if (!isPlain) return result;
      const watched = watchpoints.size > 0 ? watchpoints.changed() : undefined;
      if (watched) return { kind: "watchpoint", address: watched.address };
      const hasExecuted = vm.executed !== before;
      if (hasExecuted && id !== undefined && this.#threadOf() === id) return { kind: "step" };
      if (result.kind === "idle") return result;
    }
    return { kind: "fuel" };
  }

  #stop(stop: DebugStop): void {
    this.#isInterrupted = false;
    this.#stub.stopped(stop);
  }
}

/** GDB's number of the signal that an exit becomes; undefined if that is no debugger's matter. */
function signalOf(exit: ExceptionExit): number | undefined {
  switch (exit.kind) {
    case "illegal":
      return remoteSignals.SIGILL;
    case "effect":
      return remoteSignals.SIGTRAP;
    case "trap":
      return remoteSignals.SIGBUS;
    case "fault":
      if (exit.reason === "memory") return undefined;
      return exit.reason === "bus" || exit.reason === "misaligned"
        ? remoteSignals.SIGBUS
        : remoteSignals.SIGSEGV;
  }
}
