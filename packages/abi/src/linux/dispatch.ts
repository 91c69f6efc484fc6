/**
 * The way of a system call: from the registers to its handler, to waiting, and back to the registers.
 */
import { GuestFault } from "./address-space.ts";
import type { RawSystemCall } from "./binding.ts";
import { errno, LinuxError } from "./errno.ts";
import type { Kernel } from "./kernel.ts";
import type { Thread } from "./process/thread.ts";
import { formatArguments, formatLine, formatUnknown } from "./strace/line.ts";
import { decodeArguments } from "./syscalls/definition.ts";
import type { Outcome } from "./syscalls/system-call.ts";
import { Blocked, NO_RESULT, SystemCall } from "./syscalls/system-call.ts";
import type { SystemCallTable } from "./syscalls/table.ts";
import { buildTable } from "./syscalls/table.ts";

/** Executes system calls of one kernel's threads. */
export class Dispatcher {
  readonly #kernel: Kernel;
  readonly #table: SystemCallTable;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#table = buildTable(kernel.binding);
  }

  /** Performs the call that the thread's registers hold; its pc is that of the instruction. */
  enter(thread: Thread): void {
    const { binding } = this.#kernel;
    const raw = binding.readSystemCall(thread.cpu);
    thread.cpu.pc += BigInt(binding.systemCallBytes);
    const definition = this.#table.definitions.get(raw.number);
    if (definition === undefined) {
      this.#unknown(thread, raw);
      return;
    }
    const args = decodeArguments(definition, raw.arguments, binding.model);
    const call = new SystemCall(this.#kernel, thread, definition, raw, args);
    if (this.#kernel.trace !== undefined) call.traceText = formatArguments(call, undefined);
    for (const hook of this.#kernel.hooks.get(definition.name) ?? []) {
      const answer = hook(call);
      if (answer !== undefined) {
        this.#finish(call, answer);
        return;
      }
    }
    this.#run(call);
  }

  /** Looks again at the call in which a thread waits. */
  resume(thread: Thread): void {
    const { blocked } = thread;
    if (blocked === undefined) return;
    this.#unblock(thread);
    this.#run(blocked.call);
  }

  /** Ends a wait because a signal's handler is about to run. */
  interrupt(thread: Thread, restart: boolean): void {
    const { blocked } = thread;
    if (blocked === undefined) return;
    const { call, wait } = blocked;
    this.#unblock(thread);
    wait.cancel?.();
    const { cpu } = thread;
    if (wait.interruption === "restart" && restart) {
      cpu.pc -= BigInt(this.#kernel.binding.systemCallBytes);
      this.#kernel.binding.restoreArguments(cpu, call.raw);
      this.#trace(call, "? ERESTARTSYS (To be restarted if SA_RESTART is set)");
      return;
    }
    const isPartial = typeof wait.interruption === "number";
    if (!isPartial) attempt(() => wait.interrupted?.());
    const value = isPartial ? (wait.interruption as number) : -errno.EINTR;
    this.#kernel.binding.writeResult(cpu, BigInt(value));
    this.#trace(call, value);
  }

  /** Forgets the call of a thread that ends. */
  abandon(thread: Thread): void {
    const { blocked } = thread;
    if (blocked === undefined) return;
    this.#unblock(thread);
    blocked.wait.cancel?.();
  }

  #unblock(thread: Thread): void {
    const { blocked } = thread;
    if (blocked === undefined) return;
    for (const queue of blocked.wait.on ?? []) queue.remove(thread);
    if (blocked.timer !== undefined) this.#kernel.timers.cancel(blocked.timer);
    thread.blocked = undefined;
  }

  #run(call: SystemCall): void {
    const { thread } = call;
    const outcome = this.#outcome(call);
    if (outcome === NO_RESULT) {
      this.#trace(call, undefined);
      return;
    }
    if (!(outcome instanceof Blocked)) {
      this.#finish(call, outcome);
      return;
    }
    const { wait } = outcome;
    for (const queue of wait.on ?? []) queue.add(thread);
    const timer =
      wait.untilNanos === undefined || wait.untilNanos === Number.POSITIVE_INFINITY
        ? undefined
        : this.#kernel.timers.arm(wait.untilNanos, () => thread.wake());
    thread.blocked = { call, wait, timer };
    // The call may have unblocked a signal that was pending already: sigsuspend, ppoll.
    if (thread.deliverable !== 0n && wait.interruption !== "uninterruptible") thread.wake();
  }

  #outcome(call: SystemCall): Outcome {
    this.#kernel.running = call.thread;
    try {
      return call.definition.handler(call, call.arguments);
    } catch (error) {
      if (error instanceof LinuxError) return -error.errno;
      if (error instanceof GuestFault) {
        return error.reason === "outOfMemory" ? -errno.ENOMEM : -errno.EFAULT;
      }
      // The host's own allocation failed: to the guest, memory is short.
      if (error instanceof RangeError && /allocation|array length/i.test(error.message)) {
        return -errno.ENOMEM;
      }
      throw error;
    }
  }

  #finish(call: SystemCall, value: number | bigint): void {
    const { thread } = call;
    if (thread.maskToRestore !== undefined) {
      thread.mask = thread.maskToRestore;
      thread.maskToRestore = undefined;
    }
    this.#kernel.binding.writeResult(thread.cpu, BigInt(value));
    this.#trace(call, Number(value));
  }

  #unknown(thread: Thread, raw: RawSystemCall): void {
    const { binding, observer, trace } = this.#kernel;
    const name = this.#table.names.get(raw.number);
    observer.unknownSystemCall?.({ pid: thread.process.pid, number: raw.number, name });
    binding.writeResult(thread.cpu, BigInt(-errno.ENOSYS));
    trace?.(formatUnknown(this.#kernel, thread, raw, name));
  }

  #trace(call: SystemCall, result: number | string | undefined): void {
    if (this.#kernel.trace === undefined) return;
    this.#kernel.trace(formatLine(this.#kernel, call, result));
  }
}

// Storing the time left is a courtesy that must not fail the delivery of a signal.
function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof GuestFault) && !(error instanceof LinuxError)) throw error;
  }
}
