/** Runs a system VM as a debugger says. */
import {
  nextTurn,
  runSystem,
  type SystemEnd,
  type SystemRunOptions,
} from "../system/run-system.ts";
import type { SystemVm } from "../system/system-vm.ts";
import type { GdbStub } from "./gdb/stub.ts";

/** Why a debugged machine doesn't run any more. */
export type DebuggedSystemEnd =
  | Exclude<SystemEnd, { kind: "breakpoint" | "paused" }>
  /** The debugger ended it. */
  | { readonly kind: "killed" };

/** Instructions of other harts, while one is to be stepped, between two pauses. */
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
    const result =
      order.step === undefined
        ? await runSystem(vm, { ...options, fuel: left })
        : await step(vm, order.step - 1, options);
    if (result.kind === "step" || result.kind === "breakpoint") stub.stopped(result);
    else if (result.kind === "paused") stub.stopped({ kind: "interrupt" });
    else return result;
  }
}

/** Runs until a hart has executed one instruction. */
async function step(
  vm: SystemVm,
  hart: number,
  options: SystemRunOptions,
): Promise<SystemEnd | { readonly kind: "step" }> {
  const before = vm.executedBy(hart);
  for (let count = 1; ; count += 1) {
    const result = vm.runFor(1);
    const isIdle = result.kind === "idle";
    if (!isIdle && result.kind !== "fuel") return result;
    if (vm.executedBy(hart) !== before) return { kind: "step" };
    if (isIdle) {
      const after = await runSystem(vm, { ...options, fuel: 1 });
      if (after.kind !== "fuel") return after;
      if (vm.executedBy(hart) !== before) return { kind: "step" };
    } else if (count % patience === 0) await nextTurn();
  }
}
