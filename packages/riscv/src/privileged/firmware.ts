/**
 * Firmware that is no guest code: it answers the calls of supervisor mode. The machine boots in
 * supervisor mode then, and machine mode is never entered.
 *
 * @see RISC-V Privileged 20240411, 1.1 (supervisor execution environment)
 */
import type { HartOutcome, PhysicalMemory } from "@isovm/isa-spec";

/** Where a hart's execution begins. */
export interface HartEntry {
  readonly pc: bigint;
  /** What register a1 holds; a0 has the hart's number. */
  readonly argument: bigint;
}

/** Whether a hart executes. */
export type HartLife =
  | { readonly kind: "started" }
  | { readonly kind: "stopped" }
  | ({ readonly kind: "starting" } & HartEntry)
  /** Begins anew once an enabled interrupt is pending. */
  | ({ readonly kind: "suspended" } & HartEntry);

/** A hart as firmware sees it. */
export interface FirmwareHart {
  readonly index: number;
  readonly physical: PhysicalMemory;
  readonly life: HartLife;
  /** Reads an integer register; only while the hart's call is being handled, as the next one. */
  readRegister(number: number): bigint;
  /** Writes an integer register. */
  writeRegister(number: number, value: bigint): void;
  /** Starts, stops or suspends the hart; takes effect when the call's handling is over. */
  setLife(life: HartLife): void;
  /** Sets or clears the pending bit of the supervisor's software interrupt. */
  setSoftwareInterrupt(isPending: boolean): void;
  /** The time of the supervisor's next timer interrupt. */
  setTimer(tick: bigint): void;
  /** Drops translations of the page at an address or all, in one address space or in all. */
  flushTranslations(address?: bigint, asid?: bigint): void;
  /** Waits for an interrupt, as `wfi` does. */
  wait(): HartOutcome;
}

/** Answers the calls of one hart. */
export interface FirmwareCalls {
  /** Handles an `ecall` of supervisor mode; the program counter is behind it already. */
  call(): HartOutcome;
}

/** What `riscvSystem` takes as `firmware`; `sbi` makes one. */
export interface Firmware {
  /** Called for every hart of a machine, in the order of their numbers. */
  attach(hart: FirmwareHart): FirmwareCalls;
}
