/**
 * What differs between the instruction sets that Linux runs on. An ISA's package implements a
 * {@link LinuxBinding}; the personality itself names no ISA.
 */
import type { GuestCpu } from "./guest-cpu.ts";
import type { DataModel } from "./layout/struct.ts";

/** What the ELF header of an executable must say, and what the kernel tells it in return. */
export interface ElfTarget {
  /** `e_machine`. */
  readonly machine: number;
  /** `EI_CLASS` in bits. */
  readonly wordBits: 32 | 64;
  readonly littleEndian: boolean;
  /** Reason, in one line, why `e_flags` cannot run here; undefined if it can. */
  checkFlags(flags: number): string | undefined;
  /** AT_HWCAP. */
  readonly hwcap: bigint;
  /** AT_HWCAP2; no entry when absent. */
  readonly hwcap2?: bigint | undefined;
  /** AT_PLATFORM; no entry when absent. */
  readonly platform?: string | undefined;
  /** AT_MINSIGSTKSZ; no entry when absent. */
  readonly minimumSignalStackBytes?: number | undefined;
  /** Where position-independent executables go without an interpreter's say, page-aligned. */
  readonly dynamicBase: number;
}

/** A system call as it stands in the registers. */
export interface RawSystemCall {
  readonly number: number;
  /** The six argument registers, unsigned. */
  readonly arguments: readonly bigint[];
}

/** `clone`'s arguments by meaning: the order of the registers differs between ISAs. */
export interface CloneOrder {
  readonly flags: number;
  readonly stack: number;
  readonly parentTid: number;
  readonly childTid: number;
  readonly tls: number;
}

/** What a signal handler is entered with. */
export interface HandlerEntry {
  readonly handler: bigint;
  readonly signal: number;
  /** New stack pointer: the address of the signal frame. */
  readonly stackPointer: number;
  readonly infoAddress: number;
  readonly contextAddress: number;
  /** Where the handler returns to: code that calls `rt_sigreturn`. */
  readonly returnAddress: number;
}

/** The ISA's part of a signal frame: `mcontext_t` inside `ucontext_t`. */
export interface SignalContext {
  /** Size of `mcontext_t` in bytes. */
  readonly sizeBytes: number;
  /** Its alignment in bytes. */
  readonly alignment: number;
  /** Where `ucontext_t` has it: after the mask (whose field is reserved up to 128 bytes), or before. */
  readonly order: "maskFirst" | "contextFirst";
  /** Stores the thread's registers, pc included, at the start of `view`. */
  save(cpu: GuestCpu, view: DataView): void;
  /** Restores them. Whatever the bytes are, it must leave a valid user-mode state; false means SIGSEGV. */
  restore(cpu: GuestCpu, view: DataView): boolean;
}

/** One ISA's binding to the Linux personality. */
export interface LinuxBinding {
  /** The target's name, such as `riscv64`. */
  readonly name: string;
  /** `uname -m`. */
  readonly machine: string;
  readonly model: DataModel;
  readonly elf: ElfTarget;
  /** First address past user space (TASK_SIZE). */
  readonly userLimit: number;
  /** Highest address that stack and mmap placement use; below {@link userLimit} where hints above are opt-in. */
  readonly mmapLimit: number;

  /**
   * System-call numbers by name. `asm-generic` stands for the table that new ports share, in its
   * 32- or 64-bit form according to {@link model}; other ports give their own.
   */
  readonly systemCallNumbers: "asm-generic" | Readonly<Record<string, number>>;
  /** Numbers of the ISA's own calls, added to the table. */
  readonly ownSystemCalls?: Readonly<Record<string, number>> | undefined;
  /** Length in bytes of the instruction that makes a system call. */
  readonly systemCallBytes: number;
  /** Reads number and arguments. */
  readSystemCall(cpu: GuestCpu): RawSystemCall;
  /** Stores a system call's result: a value in [-4095, -1] is a negated error number. */
  writeResult(cpu: GuestCpu, value: bigint): void;
  /** Puts the first argument (or whatever `writeResult` overwrites) back before a restart. */
  restoreArguments(cpu: GuestCpu, call: RawSystemCall): void;
  readonly cloneOrder: CloneOrder;

  /** The stack pointer: an unsigned address, as wide as the guest's pointers. */
  getStackPointer(cpu: GuestCpu): bigint;
  /** Sets the stack pointer; bits above the guest's pointers are dropped. */
  setStackPointer(cpu: GuestCpu, value: bigint): void;
  /** Sets what the thread's thread-local storage is found by: `CLONE_SETTLS` of clone(2). */
  setThreadPointer(cpu: GuestCpu, value: bigint): void;
  /** Prepares a reset processor to start a program. */
  startProgram(cpu: GuestCpu, entry: number, stackPointer: number): void;

  readonly signalContext: SignalContext;
  /** Code, position-independent, that calls `rt_sigreturn`; mapped readable and executable. */
  readonly signalTrampoline: Uint8Array;
  /** Whether `struct sigaction` has `sa_restorer`. */
  readonly hasRestorer: boolean;
  /** Stack alignment in bytes of a signal frame. */
  readonly stackAlignment: number;
  /** Bytes below the stack pointer that a signal frame must not touch. */
  readonly redZoneBytes: number;
  /** Sets the registers for a handler. */
  enterHandler(cpu: GuestCpu, entry: HandlerEntry): void;
}
