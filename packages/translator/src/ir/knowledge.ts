/** What is known at a point inside a body: values of temporaries and variables, and registers. */
import type { Expression, StateLayout, Statement } from "@isovm/isa-spec";
import { fileRegisterSlots, type RegisterSlot, registerPlace } from "./register-slot.ts";

/** Values that registers are known to hold. */
export type RegisterConstants = Map<RegisterSlot, bigint>;

/** Knowledge along a path through a body; paths fork at a condition and meet behind it. */
export class Knowledge {
  private values: (Expression | undefined)[] = [];
  /** Absent as long as nothing is known. */
  private constants: RegisterConstants | undefined;

  /** `registers` is changed along the path. */
  constructor(registers?: RegisterConstants) {
    this.constants = registers;
  }

  /** What registers are known to hold. */
  get registers(): RegisterConstants {
    this.constants ??= new Map();
    return this.constants;
  }

  /** What a register is known to hold. */
  register(slot: RegisterSlot): bigint | undefined {
    return this.constants?.get(slot);
  }

  /** What stands for a temporary or variable. */
  value(id: number): Expression | undefined {
    return this.values[id];
  }

  /** Gives a temporary or variable a value; only leaves that never change may stand for it. */
  define(id: number, value: Expression): void {
    const { kind } = value;
    const stands =
      kind === "constant" || kind === "temporary" || kind === "pc" || kind === "nextPc";
    if (stands) this.values[id] = value;
    else if (this.values[id]) this.values[id] = undefined;
  }

  /** The value of a register changes. */
  write(slot: RegisterSlot, value: Expression): void {
    if (value.kind !== "constant") {
      this.constants?.delete(slot);
      return;
    }
    this.constants ??= new Map();
    this.constants.set(slot, value.value);
  }

  /** Any register of the file may change. */
  forgetFile(layout: StateLayout, file: string): void {
    if (!this.constants) return;
    for (const slot of fileRegisterSlots(layout, file)) this.constants.delete(slot);
  }

  /** Whatever the statements assign or write may change. */
  forgetChanged(layout: StateLayout, list: readonly Statement[]): void {
    for (const statement of list) {
      switch (statement.kind) {
        case "assign":
          this.values[statement.variable.id] = undefined;
          break;
        case "writeRegister": {
          const { file, index } = statement.register;
          const place = registerPlace(layout, file, index);
          if (place === "unknown") this.forgetFile(layout, file);
          else if (place !== "zero") this.constants?.delete(place);
          break;
        }
        case "intrinsic":
          for (const file of statement.writes) this.forgetFile(layout, file);
          break;
        case "if":
          this.forgetChanged(layout, statement.then);
          this.forgetChanged(layout, statement.else);
          break;
        case "while":
          this.forgetChanged(layout, statement.test);
          this.forgetChanged(layout, statement.body);
          break;
        default:
      }
    }
  }

  fork(): Knowledge {
    const copy = new Knowledge(this.constants && new Map(this.constants));
    copy.values = this.values.slice();
    return copy;
  }

  /** Keeps what the other path knows too. */
  meet(other: Knowledge): void {
    this.values.forEach((value, id) => {
      if (value && !isSame(value, other.values[id])) this.values[id] = undefined;
    });
    if (!this.constants) return;
    for (const [slot, value] of this.constants) {
      if (other.register(slot) !== value) this.constants.delete(slot);
    }
  }
}

function isSame(a: Expression, b: Expression | undefined): boolean {
  if (a === b) return true;
  if (a.kind === "constant") return b?.kind === "constant" && a.value === b.value;
  if (a.kind === "temporary") return b?.kind === "temporary" && a.id === b.id;
  return a.kind === b?.kind;
}
