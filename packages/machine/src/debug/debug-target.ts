/** What can be debugged: a guest with threads, registers, memory and breakpoints. Types only. */
import type { DebuggerFeature, DebuggerRegister } from "@isovm/isa-spec";

/** A thread of a guest, or a hart of a machine. Numbers are positive and stay. */
export interface DebugThread {
  readonly id: number;
  /** What a debugger shows beside the number. */
  readonly name: string;
}

/** A guest that stands still, as a debugger sees it. */
export interface DebugTarget {
  /** GDB's name of the architecture. */
  readonly architecture: string;
  /** Registers in the order of their numbers. */
  readonly features: readonly DebuggerFeature[];
  /** How many of the registers, from the first one, are always asked for together. */
  readonly generalRegisters: number;
  /** Whether a debugger that ends without saying more ends the guest, rather than let it go on. */
  readonly endsWithDebugger: boolean;
  /** Addresses at which the guest stops before it executes the instruction. */
  readonly breakpoints: Set<bigint>;
  /** The auxiliary vector of a process. */
  readonly auxiliaryVector?: () => Uint8Array | undefined;
  /** All threads there are, in the order of their numbers. */
  threads(): readonly DebugThread[];
  /** The thread that stopped. */
  currentThread(): number;
  /** The value of a register, unsigned. */
  readRegister(thread: number, register: DebuggerRegister): bigint;
  /** Sets a register to the low bits of a value. */
  writeRegister(thread: number, register: DebuggerRegister, value: bigint): void;
  /** What there is of the memory from an address on, as that thread would see it. */
  readMemory(thread: number, address: bigint, length: number): Uint8Array;
  /** Writes memory whatever its protection; false if not all of it is there. */
  writeMemory(thread: number, address: bigint, bytes: Uint8Array): boolean;
}

/** Why a guest stands still. */
export type DebugStop =
  /** It has executed what it was asked to, or not begun yet. */
  | { readonly kind: "step" }
  | { readonly kind: "breakpoint" }
  /** What a watchpoint at that address watches has changed. */
  | { readonly kind: "watchpoint"; readonly address: bigint }
  /** The debugger wanted it. */
  | { readonly kind: "interrupt" }
  /** An instruction failed; GDB's number of the signal. */
  | { readonly kind: "signal"; readonly signal: number };

/** How a guest ended. */
export type DebugEnd =
  | { readonly kind: "exited"; readonly code: number }
  /** GDB's number of the signal. */
  | { readonly kind: "killed"; readonly signal: number };

/** What a debugger has a guest do. */
export type DebugOrder =
  /**
   * Go on: until `step` has executed one instruction, if given. `ignoresSignal` says that the signal
   * that it stopped for doesn't reach it.
   */
  | { readonly kind: "run"; readonly step: number | undefined; readonly ignoresSignal: boolean }
  /** End. */
  | { readonly kind: "kill" };
