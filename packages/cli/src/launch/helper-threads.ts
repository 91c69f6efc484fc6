/**
 * The threads that Node's runtime starts with the process: they compile WebAssembly and collect
 * garbage. There are four whatever the machine has, and on one of two processors they take a tenth
 * of its time from the thread that emulates, for code that isn't needed yet.
 */
import { readdirSync } from "node:fs";
import { constants, getPriority, setPriority } from "node:os";
import process from "node:process";

const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority;

/** Has the other threads of the process run where the current one doesn't want to. Linux only. */
export function yieldHelpers(): void {
  try {
    const priority = Math.min(PRIORITY_LOW, getPriority() + PRIORITY_BELOW_NORMAL);
    for (const thread of readdirSync("/proc/self/task")) {
      if (Number(thread) !== process.pid) setPriority(Number(thread), priority);
    }
  } catch {
    // Elsewhere threads have no names, or no priorities of their own.
  }
}
