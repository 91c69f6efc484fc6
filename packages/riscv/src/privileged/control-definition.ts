/**
 * What a control and status register of the privileged part is, as data.
 *
 * @see RISC-V Privileged 20240411, 2
 */
import type { ControlState } from "./control-state.ts";
import type { Field } from "./fields.ts";

/** What a hart has to see to when a register has changed. */
export type Dependent = "counters" | "modes" | "translation" | "timer";

/** What an access needs beside the privilege that the register's number tells. */
export type Admission = "addressTranslation" | "counter" | "timerCompare";

/** What a register holds. */
export type Content =
  /** A value of its own; bits outside of the fields have their value after reset for ever. */
  | { readonly kind: "stored"; readonly fields: readonly Field[]; readonly reset?: bigint }
  /** Functions of the hart's state; without `write`, writes are ignored. */
  | {
      readonly kind: "computed";
      readonly read: (state: ControlState) => bigint;
      readonly write?: (state: ControlState, value: bigint) => void;
      /** The value that csrrs and csrrc change, where it is another one than they return. */
      readonly readForChange?: (state: ControlState) => bigint;
    };

/** A control and status register. */
export interface ControlDefinition {
  readonly number: number;
  readonly name: string;
  /** The number of its upper 32 bits on RV32, where it has 64 bits all the same. */
  readonly upperHalf?: number;
  readonly admission?: Admission;
  readonly changes?: Dependent;
  readonly content: Content;
}
