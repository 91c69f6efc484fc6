/**
 * Control and status register instructions that the rows leave to the host.
 *
 * @see RISC-V Privileged 20240411, 2.1; RISC-V Unprivileged 20240411, 7.1
 */
import type { ControlDefinition } from "./control-definition.ts";
import type { ControlState } from "./control-state.ts";
import { legalise } from "./fields.ts";
import { Mode } from "./modes.ts";
import { Status } from "./status.ts";

/** A register by the number that an instruction names it by. */
interface Place {
  readonly definition: ControlDefinition;
  readonly isUpperHalf: boolean;
}

/** Told that a register was written. */
export type ControlObserver = (definition: ControlDefinition) => void;

/** Executes control and status register instructions. */
export class ControlAccess {
  readonly #state: ControlState;
  readonly #places: ReadonlyMap<number, Place>;
  readonly #changed: ControlObserver;

  constructor(state: ControlState, table: readonly ControlDefinition[], changed: ControlObserver) {
    this.#state = state;
    this.#changed = changed;
    const places = new Map<number, Place>();
    for (const definition of table) {
      places.set(definition.number, { definition, isUpperHalf: false });
      const { upperHalf } = definition;
      if (upperHalf !== undefined && state.xlen === 32) {
        places.set(upperHalf, { definition, isUpperHalf: true });
      }
    }
    this.#places = places;
    this.reset(table);
  }

  /** Gives stored registers their values after reset. */
  reset(table: readonly ControlDefinition[]): void {
    for (const { name, content } of table) {
      if (content.kind === "stored") this.#state.values.set(name, content.reset ?? 0n);
    }
  }

  /** Reads the register of a number, whoever may, for a debugger; 0 if there is none. */
  peek(number: number): bigint {
    const place = this.#places.get(number);
    return place ? this.#read(place, false) : 0n;
  }

  /** Writes it likewise, legalised as any write. */
  poke(number: number, value: bigint): void {
    const place = this.#places.get(number);
    if (place && number >>> 10 !== 3) this.#write(place, value);
  }

  /** Executes the instruction; false if it is illegal, without any effect then. */
  execute(instruction: number): boolean {
    const state = this.#state;
    const { registers } = state;
    const number = instruction >>> 20;
    const operation = (instruction >>> 12) & 7;
    const source = (instruction >>> 15) & 31;
    const destination = (instruction >>> 7) & 31;
    const replaces = (operation & 3) === 1;
    const writes = replaces || source !== 0;
    const place = this.#places.get(number);
    if (!place || !this.#admits(place.definition, number, writes)) return false;
    const operand = operation >= 4 ? BigInt(source) : registers.read("x", source);
    const reads = !replaces || destination !== 0;
    const old = reads ? this.#read(place, false) : 0n;
    if (writes) {
      const base = replaces ? 0n : this.#read(place, true);
      const value = replaces ? operand : (operation & 3) === 2 ? base | operand : base & ~operand;
      this.#write(place, value);
    }
    if (destination !== 0) registers.write("x", destination, old);
    return true;
  }

  #admits({ admission }: ControlDefinition, number: number, writes: boolean): boolean {
    const state = this.#state;
    const { mode } = state;
    if (mode < ((number >>> 8) & 3)) return false;
    if (writes && number >>> 10 === 3) return false;
    if (!admission || mode === Mode.machine) return true;
    if (admission === "addressTranslation") return (state.status & Status.tvm) === 0;
    const counter = BigInt(admission === "counter" ? number & 31 : 1);
    const isEnabled = (name: string): boolean => ((state.value(name) >> counter) & 1n) === 1n;
    if (!isEnabled("mcounteren")) return false;
    if (admission === "timerCompare") return state.value("menvcfg") >> 63n === 1n;
    return mode === Mode.supervisor || isEnabled("scounteren");
  }

  #whole({ content, name }: ControlDefinition, isForChange: boolean): bigint {
    if (content.kind === "stored") return this.#state.value(name);
    return (isForChange ? (content.readForChange ?? content.read) : content.read)(this.#state);
  }

  #read({ definition, isUpperHalf }: Place, isForChange: boolean): bigint {
    const whole = this.#whole(definition, isForChange);
    return isUpperHalf ? whole >> 32n : BigInt.asUintN(this.#state.xlen, whole);
  }

  #write({ definition, isUpperHalf }: Place, value: bigint): void {
    const { content, name, upperHalf } = definition;
    const state = this.#state;
    let whole = BigInt.asUintN(state.xlen, value);
    if (upperHalf !== undefined && state.xlen === 32) {
      const old = this.#whole(definition, true);
      whole = isUpperHalf ? (old & 0xffff_ffffn) | (whole << 32n) : ((old >> 32n) << 32n) | whole;
    }
    if (content.kind === "stored") {
      state.values.set(name, legalise(content.fields, state.value(name), whole));
    } else content.write?.(state, whole);
    this.#changed(definition);
  }
}
