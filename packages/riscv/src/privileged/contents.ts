/** Kinds of control registers that occur several times. */
import type { Xlen } from "../hart.ts";
import type { Content, ControlDefinition } from "./control-definition.ts";
import type { ControlState } from "./control-state.ts";
import { type Field, field } from "./fields.ts";

/** A register that is read and never changes. */
export function fixed(value: bigint | ((state: ControlState) => bigint) = 0n): Content {
  return { kind: "computed", read: typeof value === "bigint" ? () => value : value };
}

/** A register with a value of its own. */
export function stored(fields: readonly Field[], reset = 0n): Content {
  return { kind: "stored", fields, reset };
}

/** A register that follows from the hart's state. */
export function computed(
  read: (state: ControlState) => bigint,
  write: (state: ControlState, value: bigint) => void,
  readForChange: (state: ControlState) => bigint = read,
): Content {
  return { kind: "computed", read, write, readForChange };
}

/** The address of a trap handler and whether interrupts have entries of their own there. */
export function trapVector(xlen: Xlen): Content {
  return stored([{ name: "MODE", low: 0, width: 2, legal: [0n, 1n] }, field("BASE", 2, xlen - 2)]);
}

/** A register in the architectural state, where rows can use it. */
export function architectural(name: string): Content {
  return computed(
    ({ registers }) => registers.read(name),
    ({ registers }, value) => registers.write(name, 0, value),
  );
}

/** The address of an instruction, in the architectural state. */
export function instructionAddress(name: string): Content {
  return computed(
    ({ registers }) => registers.read(name),
    ({ registers, instructionBytes }, value) =>
      registers.write(name, 0, value & ~BigInt(instructionBytes - 1)),
  );
}

/** Registers `prefix3` to `prefix31`, read as zero: events that nothing counts. */
export function unusedEvents(number: number, prefix: string): readonly ControlDefinition[] {
  return Array.from({ length: 29 }, (_, index) => ({
    number: number + index,
    name: `${prefix}${index + 3}`,
    content: fixed(),
  }));
}
