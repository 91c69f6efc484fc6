/**
 * Pending and enabled interrupts of a hart: `mip`, `mie`, `mideleg` and what supervisor mode sees of
 * them.
 *
 * @see RISC-V Privileged 20240411, 3.1.8, 3.1.9 and 10.1.3
 */
import {
  allInterrupts,
  Interrupt,
  interruptPriority,
  Mode,
  supervisorInterrupts,
} from "./modes.ts";
import { Status } from "./status.ts";

const softwarePending = 1 << Interrupt.supervisorSoftware;
const timerPending = 1 << Interrupt.supervisorTimer;
const externalPending = 1 << Interrupt.supervisorExternal;

/** An interrupt to take, and the mode that takes it. */
export interface TakenInterrupt {
  readonly number: number;
  readonly mode: Mode;
}

/** The interrupt registers. */
export class InterruptState {
  /** Bits of `mip` that software has set. */
  #software = 0;
  /** Bits of `mip` that wires have set. */
  #wires = 0;
  /** Whether `time` has reached `stimecmp`. */
  #timer = false;
  #hasTimer = false;
  #enabled = 0;
  #delegated = 0;

  /** `mip`. */
  get pending(): number {
    const software = this.#hasTimer ? this.#software & ~timerPending : this.#software;
    return software | this.#wires | (this.#hasTimer && this.#timer ? timerPending : 0);
  }

  /** `mip` as csrrs and csrrc modify it: the external wire isn't copied into the software's bit. */
  get pendingForChange(): number {
    return (this.pending & ~externalPending) | (this.#software & externalPending);
  }

  writePending(value: bigint): void {
    const writable = softwarePending | timerPending | externalPending;
    this.#software = Number(value & BigInt(writable));
  }

  /** `mie`. */
  get enabled(): number {
    return this.#enabled;
  }
  writeEnabled(value: bigint): void {
    this.#enabled = Number(value & BigInt(allInterrupts));
  }

  /** `mideleg`. */
  get delegated(): number {
    return this.#delegated;
  }
  writeDelegated(value: bigint): void {
    this.#delegated = Number(value & BigInt(supervisorInterrupts));
  }

  /** A write of `sip`: only the software interrupt is the supervisor's to set. */
  writeSupervisorPending(value: bigint): void {
    const writable = softwarePending & this.#delegated;
    this.#software = (this.#software & ~writable) | (Number(value & 0xffffn) & writable);
  }

  /** A write of `sie`. */
  writeSupervisorEnabled(value: bigint): void {
    const written = Number(value & BigInt(allInterrupts));
    this.#enabled = (this.#enabled & ~this.#delegated) | (written & this.#delegated);
  }

  /** Sets a bit of `mip` from outside. A supervisor's software interrupt stays until cleared. */
  setWire(wire: number, level: boolean): void {
    const bit = (1 << wire) & allInterrupts;
    if (bit === softwarePending) {
      if (level) this.#software |= bit;
    } else {
      this.#wires = level ? this.#wires | bit : this.#wires & ~bit;
    }
  }

  /** Sets or clears the supervisor's software interrupt. */
  setSoftware(isPending: boolean): void {
    this.#software = isPending
      ? this.#software | softwarePending
      : this.#software & ~softwarePending;
  }

  /** Whether `stimecmp` decides about the supervisor's timer interrupt (`menvcfg.STCE`). */
  useTimer(hasTimer: boolean): void {
    this.#hasTimer = hasTimer;
  }
  setTimer(isDue: boolean): void {
    this.#timer = isDue;
  }

  /** Whether any interrupt is pending and enabled, whatever the modes say. */
  get isAwake(): boolean {
    return (this.pending & this.#enabled) !== 0;
  }

  /** The interrupt that is to be taken in the given mode, or undefined. */
  next(mode: Mode, status: number): TakenInterrupt | undefined {
    const pending = this.pending & this.#enabled;
    if (pending === 0) return undefined;
    const forMachine = pending & ~this.#delegated;
    if (forMachine !== 0 && (mode < Mode.machine || (status & Status.mie) !== 0)) {
      return { number: first(forMachine), mode: Mode.machine };
    }
    const forSupervisor = pending & this.#delegated;
    const isOpen =
      mode < Mode.supervisor || (mode === Mode.supervisor && (status & Status.sie) !== 0);
    if (forSupervisor === 0 || !isOpen) return undefined;
    return { number: first(forSupervisor), mode: Mode.supervisor };
  }

  reset(): void {
    this.restore({ software: 0, wires: 0, timer: false, enabled: 0, delegated: 0 });
    this.#hasTimer = false;
  }

  save(): {
    readonly software: number;
    readonly wires: number;
    readonly timer: boolean;
    readonly enabled: number;
    readonly delegated: number;
  } {
    return {
      software: this.#software,
      wires: this.#wires,
      timer: this.#timer,
      enabled: this.#enabled,
      delegated: this.#delegated,
    };
  }

  restore(saved: ReturnType<InterruptState["save"]>): void {
    this.#software = saved.software;
    this.#wires = saved.wires;
    this.#timer = saved.timer;
    this.#enabled = saved.enabled;
    this.#delegated = saved.delegated;
  }
}

function first(set: number): number {
  return interruptPriority.find((number) => ((set >>> number) & 1) !== 0) ?? 0;
}
