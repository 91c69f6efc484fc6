/**
 * Signals that instructions raise: an engine's exit becomes SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE.
 * @see sigaction(2), "The si_code field"
 */
import { signalCode, signals } from "../constants/signals.ts";
import type { GuestExit } from "../guest-cpu.ts";
import type { Kernel } from "../kernel.ts";
import type { Thread } from "../process/thread.ts";
import { forceSignal } from "./deliver.ts";
import { signalThread } from "./send.ts";
import type { SignalInfo } from "./signal-info.ts";

/** Raises the signal that an exit stands for. */
export function raiseExit(
  kernel: Kernel,
  thread: Thread,
  exit: Exclude<GuestExit, { kind: "systemCall" | "budget" }>,
): void {
  if (exit.kind === "illegalInstruction") {
    kernel.observer.illegalInstruction?.({
      pid: thread.process.pid,
      address: thread.cpu.pc,
      bits: exit.bits,
      sizeBytes: exit.sizeBytes,
    });
  }
  if (exit.kind === "fault" && exit.reason === "outOfMemory") {
    signalThread(thread, { kind: "plain", signal: signals.SIGKILL, code: 0x80 });
    return;
  }
  forceSignal(thread, signalOf(thread, exit));
}

function signalOf(
  thread: Thread,
  exit: Exclude<GuestExit, { kind: "systemCall" | "budget" }>,
): SignalInfo {
  const fault = (signal: number, code: number, address: number): SignalInfo => ({
    kind: "fault",
    signal,
    code,
    address,
  });
  const pc = Number(thread.cpu.pc);
  switch (exit.kind) {
    case "fault":
      if (exit.reason === "beyondSource") {
        return fault(signals.SIGBUS, signalCode.BUS_ADRERR, exit.address);
      }
      return fault(
        signals.SIGSEGV,
        exit.reason === "protection" ? signalCode.SEGV_ACCERR : signalCode.SEGV_MAPERR,
        exit.address,
      );
    case "misaligned":
      return fault(signals.SIGBUS, signalCode.BUS_ADRALN, exit.address);
    case "illegalInstruction":
      return fault(signals.SIGILL, signalCode.ILL_ILLOPC, pc);
    case "breakpoint":
      return fault(signals.SIGTRAP, signalCode.TRAP_BRKPT, pc);
    case "arithmetic":
      return fault(signals.SIGFPE, exit.code, pc);
  }
}
