/** Runs a system VM in the host's event loop: shares the thread, and waits where the guest waits. */
import type { SystemVm } from "./system-vm.ts";
import type { SystemRunResult } from "./system-vm-options.ts";

/** How {@link runSystem} shares the host with others. */
export interface SystemRunOptions {
  /** Instructions after which to stop; default none. */
  readonly fuel?: number;
  /** Instructions between two pauses; default 5 million, some ten milliseconds. */
  readonly sliceInstructions?: number;
  /**
   * What an idle guest does: `"wait"` as long as its clock says, in the host's time, or `"skip"` to
   * what it waits for, so that a run is a function of its inputs alone. Default `"wait"`.
   */
  readonly idle?: "wait" | "skip";
  /** The host's time in milliseconds; default `performance.now`. */
  readonly now?: () => number;
  /** Lets others work. */
  readonly pause?: () => Promise<void>;
}

/** Why it returned. */
export type SystemEnd =
  | Exclude<SystemRunResult, { kind: "idle" }>
  /** All harts wait for what no alarm will bring: `idle: "skip"` only. */
  | { readonly kind: "halted" };

/** Longest time that a host's timer takes, in milliseconds. */
const longestSleep = 2 ** 31 - 1;

/** Runs until the guest ends its machine or `fuel` is spent. */
export async function runSystem(vm: SystemVm, options: SystemRunOptions = {}): Promise<SystemEnd> {
  const { fuel = Number.POSITIVE_INFINITY, sliceInstructions = 5_000_000 } = options;
  const { idle = "wait", now = () => performance.now(), pause = nextTurn } = options;
  const start = vm.executed;
  for (;;) {
    const left = fuel - Number(vm.executed - start);
    const result = vm.runFor(Math.min(left, sliceInstructions));
    if (result.kind === "fuel") {
      if (fuel - Number(vm.executed - start) < 1) return result;
      await pause();
    } else if (result.kind === "idle") {
      const nanos = result.untilNanos === undefined ? undefined : result.untilNanos - vm.nanos;
      if (idle === "skip") {
        if (nanos === undefined) return { kind: "halted" };
        vm.skip(nanos);
      } else {
        const before = now();
        await sleepOrWake(vm, nanos === undefined ? longestSleep : Number(nanos) / 1e6);
        vm.skip(BigInt(Math.max(0, Math.round((now() - before) * 1e6))));
      }
    } else {
      return result;
    }
  }
}

/** Waits for the time given or for an interrupt of the guest, whichever comes first. */
async function sleepOrWake(vm: SystemVm, millis: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, Math.min(Math.ceil(millis), longestSleep));
    function done(): void {
      clearTimeout(timer);
      vm.onInterrupt = undefined;
      resolve();
    }
    vm.onInterrupt = done;
  });
}

/** Lets the host's other work have its turn: at once where there is nothing, as in Node. */
export async function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (done: () => void) => unknown };
  await new Promise<void>((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
