/** Whether a hart executes, as data; and what it finds set up where there is no firmware. */
import type { HartLife } from "./firmware.ts";
import { delegableExceptions } from "./modes.ts";

/** {@link HartLife} in JSON. */
export interface SavedLife {
  readonly kind: HartLife["kind"];
  readonly pc?: string;
  readonly argument?: string;
}

export function saveLife(life: HartLife): SavedLife {
  if (!("pc" in life)) return { kind: life.kind };
  return { kind: life.kind, pc: `${life.pc}`, argument: `${life.argument}` };
}

export function restoreLife({ kind, pc = "0", argument = "0" }: SavedLife): HartLife {
  if (kind === "started" || kind === "stopped") return { kind };
  return { kind, pc: BigInt(pc), argument: BigInt(argument) };
}

/**
 * Control registers as firmware leaves them: all exceptions delegated, counters open (to user mode
 * the three basic ones), `stimecmp`, memory types and updates of page-table entries on.
 */
export const supervisorSetup: Readonly<Record<string, bigint>> = {
  medeleg: BigInt(delegableExceptions),
  mcounteren: 0xffff_ffffn,
  // Cycle, time and instret: kernels without a driver for counters rely on firmware to open them.
  scounteren: 7n,
  menvcfg: 7n << 61n,
};
