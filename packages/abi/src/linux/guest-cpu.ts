/**
 * The processor state of one guest thread, as the Linux personality needs it, and the reasons why
 * an engine stops running it. The machine implements {@link GuestCpu} over its engine: it multiplexes
 * one engine over all threads, so a `GuestCpu` may be accessed whether or not its thread runs.
 */
import type { Access, AddressSpace, FaultReason } from "./address-space.ts";

/** A thread's complete architectural state as plain data (structured-cloneable); only its maker reads it. */
export type CpuState = unknown;

/**
 * Registers and program counter of one guest thread.
 *
 * A register is named by its file in the ISA's specification and its index there: `("x", 10)`; a
 * single control register is index 0 of a file of its own name: `("fcsr", 0)`.
 */
export interface GuestCpu {
  /** Address of the next instruction to execute, unsigned, XLEN bits wide. */
  pc: bigint;
  /** The register's bits, unsigned, in the register's own width. */
  readRegister(file: string, index: number): bigint;
  /** Stores the low bits of `value` in the register's own width; hard-wired registers ignore it. */
  writeRegister(file: string, index: number, value: bigint): void;
  /** A copy of the complete state (memory excluded). */
  save(): CpuState;
  /** Restores what `save` of any `GuestCpu` of the same machine returned. */
  load(state: CpuState): void;
  /** Sets all registers to the ISA's reset values for a new user program (zeros; pc 0). */
  reset(): void;
  /** Gives the thread another address space (execve, vfork, clone). */
  setAddressSpace(space: AddressSpace): void;
  /** Drops predecoded and translated instructions of a range of its address space. */
  flushInstructions(start: number, length: number): void;
  /** Drops a load reservation, as a context switch does on hardware; absent where the ISA has none. */
  dropReservation?(): void;
  /** Called when the thread has ended. */
  dispose(): void;
}

/** Makes the processor state of a new thread: zeroed registers and the given address space. */
export type GuestCpuFactory = (space: AddressSpace) => GuestCpu;

/**
 * Why an engine returned. In every case the pc is that of the instruction in question, which has
 * changed no architectural state (the system-call instruction itself included).
 */
export type GuestExit =
  /** The system-call instruction. */
  | { readonly kind: "systemCall" }
  /** The instruction budget is spent; nothing else happened. */
  | { readonly kind: "budget" }
  /** A data access or instruction fetch that the address space refuses. */
  | {
      readonly kind: "fault";
      readonly address: number;
      readonly access: Access;
      readonly reason: FaultReason;
    }
  /** A data access or fetch that violates the ISA's alignment rules (SIGBUS, BUS_ADRALN). */
  | { readonly kind: "misaligned"; readonly address: number; readonly access: Access }
  /** An instruction that is undefined or not permitted in user mode; `bits` are those fetched. */
  | { readonly kind: "illegalInstruction"; readonly bits: bigint; readonly sizeBytes?: number }
  /** The breakpoint instruction (SIGTRAP). */
  | { readonly kind: "breakpoint" }
  /** A synchronous arithmetic trap of ISAs that have one (SIGFPE); `code` is the `FPE_*` constant. */
  | { readonly kind: "arithmetic"; readonly code: number };
