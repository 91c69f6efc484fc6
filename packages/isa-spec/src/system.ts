/**
 * What a privileged architecture is to the machine that boots an operating system on it: types
 * only. The rows are those of a process VM; what they can't say alone – traps, control registers
 * with side effects, address translation – is this interface, behind the exits of an engine.
 */
import type { HartDebugger } from "./debugger.ts";
import type { AccessKind, ArchitecturalState, Exit } from "./engine.ts";
import type { Isa } from "./isa.ts";

/**
 * Guest-physical memory as page walks and firmware see it: RAM alone, never a device. Addresses are
 * bytes below 2^53, values are unsigned and little-endian.
 */
export interface PhysicalMemory {
  /** Reads 32 bits at an aligned address, or -1 if there is no RAM. */
  load32(address: number): number;
  /** Writes 32 bits at an aligned address; false if there is no RAM. */
  store32(address: number, value: number): boolean;
  /** A copy of `sizeBytes` bytes, or undefined if not all of them are RAM. */
  read(address: number, sizeBytes: number): Uint8Array | undefined;
  /** Writes bytes and tells engines that hold code from there; false if not all of it is RAM. */
  write(address: number, bytes: Uint8Array): boolean;
}

/** What {@link PrivilegedArchitecture.createHart} is given: the machine, as one hart sees it. */
export interface HartHost {
  /** Number of the hart, from 0. */
  readonly index: number;
  /** The hart's registers. To be used only while the machine runs or handles this hart. */
  readonly state: ArchitecturalState;
  readonly physical: PhysicalMemory;
  /** Ticks of the real-time counter that all harts share. */
  time(): bigint;
  /** Instructions that this hart retired. */
  retired(): bigint;
  /**
   * Calls `fire` once {@link time} has reached `tick`, between two instructions; replaces what was
   * asked for before under the same name. Undefined cancels.
   */
  alarm(name: string, tick: bigint | undefined, fire?: () => void): void;
  /**
   * Translations of this hart are stale: of one page, or of all; in the contexts whose key `matches`
   * admits, or in all.
   */
  flush(page?: bigint, matches?: (context: string) => boolean): void;
  /** Makes the current run end after the instruction that is executing: an interrupt came up. */
  interrupt(): void;
}

/** What the machine does after an exit was handled. */
export type HartOutcome =
  /** Goes on with the instruction at the program counter. */
  | { readonly kind: "continue" }
  /** Nothing to do for this hart until an interrupt is pending. */
  | { readonly kind: "idle" }
  /** The hart has stopped; another one may start it. */
  | { readonly kind: "stopped" };

/** The privileged state of one hart, and all that happens to it beside plain execution. */
export interface PrivilegedHart {
  /**
   * Names what translations depend on now: privilege mode, address space, permissions. Equal keys
   * mean equal translations but for {@link HartHost.flush}.
   */
  readonly context: string;
  /**
   * The physical address of a virtual one for an access of at most a page, as a number below 2^53;
   * or `translationFault.unmapped` (page fault) or `.bus` (access fault). Sets accessed and dirty
   * bits where the architecture has hardware do so.
   */
  translate(address: bigint, access: AccessKind): number;
  /** Handles what an engine stopped at: takes the trap, or executes the instruction. */
  handle(exit: Exit): HartOutcome;
  /** Takes a pending, enabled interrupt, if there is one; true if the program counter has changed. */
  takeInterrupt(): boolean;
  /** Whether an idle hart has a reason to go on. */
  readonly isAwake: boolean;
  /** The real-time counter was set: {@link HartHost.time} isn't what it was. */
  timeChanged(): void;
  /** Level of an interrupt wire; the ISA numbers its wires. */
  setInterrupt(wire: number, level: boolean): void;
  /** Puts the hart into its state after power-on, at `pc`. */
  reset(pc: bigint): void;
  /** What this hart holds beyond {@link HartHost.state}, as plain data (JSON). */
  save(): unknown;
  /** Takes back what {@link save} returned. */
  restore(saved: unknown): void;
  /** What a debugger sees of it; to be used while the machine handles this hart. */
  readonly debugger?: HartDebugger;
}

/** An ISA with its privileged part. */
export interface PrivilegedArchitecture {
  /** The rows, those of privileged instructions included. */
  readonly isa: Isa;
  /** Makes the privileged half of a hart; called once for each, in the order of their numbers. */
  createHart(host: HartHost): PrivilegedHart;
}
