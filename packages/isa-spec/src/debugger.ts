/**
 * What a debugger is told of an ISA's registers: types only. The names of architectures, features,
 * registers and types are those that GDB knows.
 *
 * @see Debugging with GDB, G (Target Descriptions)
 */

/** A register that a debugger shows. */
export interface DebuggerRegister {
  readonly name: string;
  /** Width in bits, a multiple of 8: what the register has fewer is zero. */
  readonly bits: number;
  /** GDB's name of the type; an integer of that width if absent. */
  readonly type?: string;
  /** GDB's name of the group that it is shown with: `"general"`, `"float"`, `"system"`. */
  readonly group?: string;
  /** Where its bits are. */
  readonly place: DebuggerPlace;
}

/** Where the bits of a {@link DebuggerRegister} are. */
export type DebuggerPlace =
  | { readonly kind: "programCounter" }
  /** In one register after the other, lowest bits first. */
  | { readonly kind: "registers"; readonly parts: readonly RegisterPlace[] }
  /** With a hart's {@link HartDebugger}, by the name. */
  | { readonly kind: "hart" };

/** A register of the architectural state. */
export interface RegisterPlace {
  readonly file: string;
  readonly register: number;
  readonly width: number;
}

/** Registers that a debugger knows under one name: `"org.gnu.gdb.riscv.cpu"`. */
export interface DebuggerFeature {
  readonly name: string;
  readonly registers: readonly DebuggerRegister[];
}

/** An ISA, for a debugger. */
export interface DebuggerDescription {
  /** GDB's name: `"riscv:rv64"`. */
  readonly architecture: string;
  /** All that an instruction reads and writes; registers are numbered in this order. */
  readonly features: readonly DebuggerFeature[];
}

/** A hart of a system, for a debugger. What it does has no effect on the guest but where it writes. */
export interface HartDebugger {
  /** Registers beside those of the ISA, whose place is `hart`. */
  readonly features: readonly DebuggerFeature[];
  /** Reads one of them by its name. */
  read(name: string): bigint;
  /** Writes one of them, as an instruction with every privilege would. */
  write(name: string, value: bigint): void;
  /**
   * The physical address that a virtual one stands for now, permissions aside; negative if it stands
   * for none.
   */
  locate(address: bigint): number;
}
