/** Runs a system VM as a debugger says. */
import {
  nextTurn,
  runSystem,
  type SystemEnd,
  type SystemRunOptions,
} from "../system/run-system.ts";
import type { SystemVm } from "../system/system-vm.ts";
import type { DebugStop } from "./debug-target.ts";
import type { GdbStub } from "./gdb/stub.ts";
import type { Watchpoints } from "./watchpoints.ts";

/** Why a debugged machine doesn't run any more. */
export type DebuggedSystemEnd =
  | Exclude<SystemEnd, { kind: "breakpoint" | "paused" }>
  /** The debugger ended it. */
  | { readonly kind: "killed" };

/** Instructions executed singly between two pauses. */
const patience = 10_000;

/**
 * Does what `runSystem` does whenever the debugger of `stub` has the machine go on. A step of one
 * hart runs the others as far as their turn comes before it, so that the debugger changes nothing
 * about who executes what.
 */
export async function debugSystem(
  vm: SystemVm,
  stub: GdbStub,
  options: SystemRunOptions = {},
): Promise<DebuggedSystemEnd> {
  const { fuel = Number.POSITIVE_INFINITY } = options;
  const start = vm.executed;
  stub.onInterrupt = () => vm.pause();
  for (;;) {
    const order = await stub.order();
    if (order.kind === "kill") return { kind: "killed" };
    const left = fuel - Number(vm.executed - start);
    if (left < 1) return { kind: "fuel" };
    const { watchpoints } = stub;
    const hart = order.step === undefined ? undefined : order.step - 1;
    const isWhole = hart === undefined && watchpoints.size === 0;
    const result = isWhole
      ? await runSystem(vm, { ...options, fuel: left })
      : await runSingly(vm, hart, watchpoints, { ...options, fuel: left });
    if (isReported(result)) stub.stopped(result);
    else if (result.kind === "paused") stub.stopped({ kind: "interrupt" });
    else return result;
  }
}

type ReportedStop = Extract<DebugStop, { kind: "step" | "watchpoint" | "breakpoint" }>;

function isReported(result: SystemEnd | ReportedStop): result is ReportedStop {
  return ["step", "watchpoint", "breakpoint"].includes(result.kind);
}

/** Runs until `hart` has executed one instruction, or what is watched has changed. */
async function runSingly(
  vm: SystemVm,
  hart: number | undefined,
  watchpoints: Watchpoints,
  options: SystemRunOptions & { readonly fuel: number },
): Promise<SystemEnd | ReportedStop> {
  const start = vm.executed;
  const before = hart === undefined ? 0n : vm.executedBy(hart);
  for (let count = 1; ; count += 1) {
    const executed = vm.executed;
    const result = vm.runFor(1);
    const isIdle = result.kind === "idle";
    if (!isIdle && result.kind !== "fuel") return result;
    if (vm.executed === executed) {
      const after = await runSystem(vm, { ...options, fuel: 1 });
      if (after.kind !== "fuel") return after;
    }
    const watched = watchpoints.size > 0 ? watchpoints.changed() : undefined;
    if (watched) return { kind: "watchpoint", address: watched.address };
    if (hart !== undefined && vm.executedBy(hart) !== before) return { kind: "step" };
    if (Number(vm.executed - start) >= options.fuel) return { kind: "fuel" };
    if (count % patience === 0) await nextTurn();
  }
}
