/** The privileged state of a hart, as its control registers read and write it. */
import type { ArchitecturalState, HartHost } from "@isovm/isa-spec";
import type { Xlen } from "../hart.ts";
import { AddressTranslation, type SharedTranslation } from "./address-translation.ts";
import { Counters } from "./counters.ts";
import { InterruptState } from "./interrupt-state.ts";
import { MemoryProtection } from "./memory-protection.ts";
import { Mode, modeOf } from "./modes.ts";
import {
  floatStateShift,
  Status,
  supervisorStatus,
  translationStatus,
  writeMachineStatus,
  writeSupervisorStatus,
} from "./status.ts";

/** What the state depends on of the ISA. */
export interface ControlParameters {
  readonly xlen: Xlen;
  /** Alignment of instructions. */
  readonly instructionBytes: 2 | 4;
  /** `misa`. */
  readonly misa: bigint;
  readonly hasFloat: boolean;
}

/** The privileged state of one hart. */
export class ControlState {
  readonly host: HartHost;
  readonly xlen: Xlen;
  readonly instructionBytes: number;
  readonly misa: bigint;
  readonly interrupts: InterruptState = new InterruptState();
  readonly counters: Counters;
  readonly protection: MemoryProtection;
  readonly translation: AddressTranslation;
  /** Registers with a value of their own, by name. */
  readonly values: Map<string, bigint> = new Map();
  readonly #hasFloat: boolean;
  #mode: Mode = Mode.machine;
  /** What translation depends on of `mstatus`; rows don't change that without the host. */
  #translated = 0;

  constructor(host: HartHost, parameters: ControlParameters, shared: SharedTranslation) {
    const { xlen, instructionBytes, misa, hasFloat } = parameters;
    this.host = host;
    this.xlen = xlen;
    this.instructionBytes = instructionBytes;
    this.misa = misa;
    this.#hasFloat = hasFloat;
    this.counters = new Counters(() => host.retired());
    this.protection = new MemoryProtection(xlen === 64 ? 54 : 32);
    this.translation = new AddressTranslation(xlen, host, this.protection, shared);
  }

  /** Number of the hart. */
  get index(): number {
    return this.host.index;
  }

  get registers(): ArchitecturalState {
    return this.host.state;
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** `mstatus` without `FS` and what is computed. */
  get status(): number {
    return Number(this.registers.read("mstatus"));
  }

  /** Puts the mode and `mstatus` into the architectural state whatever that holds. */
  reset(mode: Mode): void {
    this.registers.write("mode", 0, BigInt(mode));
    this.registers.write("fs", 0, 0n);
    this.updateTimeMode();
    this.#mode = mode;
    this.change(mode, 0);
  }

  /** Changes the mode and `mstatus` together, and what depends on them. */
  change(mode: Mode, status: number): void {
    if (mode !== this.#mode) {
      this.#mode = mode;
      this.registers.write("mode", 0, BigInt(mode));
    }
    this.registers.write("mstatus", 0, BigInt(status >>> 0));
    this.#translated = status & translationStatus;
    this.refresh();
  }

  /** Has the architectural state follow the counter enables, so that rows can read `time`. */
  updateTimeMode(): void {
    const isOpen = (name: string): boolean => ((this.value(name) >> 1n) & 1n) === 1n;
    const forSupervisor = isOpen("scounteren") ? Mode.user : Mode.supervisor;
    const lowest = isOpen("mcounteren") ? forSupervisor : Mode.machine;
    this.registers.write("timeMode", 0, BigInt(lowest));
  }

  /** Has translation follow the mode, `mstatus`, `satp` and `menvcfg`. */
  refresh(): void {
    this.translation.refresh(this.#mode, this.#translated);
  }

  /** `mstatus` or `sstatus`. */
  readStatus(view: "machine" | "supervisor"): bigint {
    const { xlen } = this;
    const isMachine = view === "machine";
    const float = this.#hasFloat ? this.registers.read("fs") : 0n;
    const low = isMachine ? this.status : this.status & supervisorStatus;
    const isDirty = float === 3n ? 1n << BigInt(xlen - 1) : 0n;
    const widths = xlen === 32 ? 0n : isMachine ? 0xan << 32n : 2n << 32n;
    return isDirty | widths | BigInt(low >>> 0) | (float << BigInt(floatStateShift));
  }

  writeStatus(view: "machine" | "supervisor", value: bigint): void {
    const low = Number(value & 0xffff_ffffn);
    if (this.#hasFloat) {
      this.registers.write("fs", 0, BigInt((low & Status.fs) >>> floatStateShift));
    }
    const write = view === "machine" ? writeMachineStatus : writeSupervisorStatus;
    this.change(this.#mode, write(this.status, low));
  }

  /** The value of a register that has one of its own; 0 for none. */
  value(name: string): bigint {
    return this.values.get(name) ?? 0n;
  }

  /** All of it in JSON, but for the architectural state, which may be another hart's now. */
  save(): SavedControlState {
    const { interrupts, protection, translation, counters, values } = this;
    return {
      mode: this.#mode,
      translated: this.#translated,
      interrupts: interrupts.save(),
      protection: protection.save(),
      translation: translation.save(),
      counters: counters.save(),
      values: Object.fromEntries([...values].map(([name, value]) => [name, value.toString()])),
    };
  }

  /** Takes back what {@link save} returned. */
  restore(saved: SavedControlState): void {
    this.#mode = modeOf(saved.mode);
    this.#translated = saved.translated;
    this.interrupts.restore(saved.interrupts);
    this.protection.restore(saved.protection);
    this.translation.restore(saved.translation);
    this.counters.restore(saved.counters);
    this.values.clear();
    for (const [name, value] of Object.entries(saved.values)) this.values.set(name, BigInt(value));
    this.refresh();
  }
}

/** What {@link ControlState.save} returns. */
export interface SavedControlState {
  readonly mode: number;
  readonly translated: number;
  readonly interrupts: ReturnType<InterruptState["save"]>;
  readonly protection: ReturnType<MemoryProtection["save"]>;
  readonly translation: ReturnType<AddressTranslation["save"]>;
  readonly counters: ReturnType<Counters["save"]>;
  readonly values: Readonly<Record<string, string>>;
}
