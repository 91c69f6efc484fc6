/** How the end of a machine becomes an exit code. */
import { exitCodes } from "../exit-codes.ts";

/** Why a machine does not run any more. */
export type BootEnd =
  /** The guest powered it off. */
  | { readonly kind: "poweroff"; readonly code: number }
  /** The user ended it. */
  | { readonly kind: "ended" }
  /** The user's debugger ended it. */
  | { readonly kind: "killed" }
  | { readonly kind: "signal"; readonly number: number }
  | { readonly kind: "fuel" };

const mostCode = 255;

/** The exit code: the guest's own, where it fits. */
export function exitCodeOf(end: BootEnd): number {
  switch (end.kind) {
    case "poweroff":
      return Math.min(end.code, mostCode);
    case "ended":
    case "killed":
      return exitCodes.success;
    case "signal":
      return exitCodes.signal + end.number;
    case "fuel":
      return exitCodes.limit;
  }
}
