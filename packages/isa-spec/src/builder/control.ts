/** Control flow, traps and effects, as rows write them. */
import type { JumpHint, Temporary } from "../ir/statement.ts";
import { type Bits, bits, fromExpression } from "./bits.ts";
import { emit, record, recordNested, temporary } from "./recorder.ts";

/** Records `then` to happen where `condition` is 1, `otherwise` where it is 0. */
export function when(condition: Bits<1>, then: () => void, otherwise: () => void = () => {}): void {
  emit({
    kind: "if",
    condition: condition.expression,
    then: recordNested("when", then),
    else: recordNested("when", otherwise),
  });
}

/** Records `body` to repeat while `condition`, evaluated before each round, is 1. */
export function repeatWhile(condition: () => Bits<1>, body: () => void): void {
  let value: Bits<1> = bits(1, 0);
  const test = recordNested("repeatWhile", () => {
    value = condition();
  });
  emit({
    kind: "while",
    test,
    condition: value.expression,
    body: recordNested("repeatWhile", body),
  });
}

/** A value that changes within one instruction, such as a loop's counter. */
export interface Variable<W extends number> {
  /** The value assigned last. */
  get(): Bits<W>;
  /** Assigns a value. */
  set(value: Bits<W>): void;
}

/** A variable of the instruction, living no longer than it. */
export function variable<W extends number>(initial: Bits<W>): Variable<W> {
  const { width } = initial;
  const slot: Temporary = temporary(width);
  const set = (value: Bits<W>): void =>
    emit({ kind: "assign", variable: slot, value: value.expression });
  set(initial);
  return {
    get() {
      // Read now: a later assignment must not change what was read before.
      const copy = temporary(width);
      emit({
        kind: "assign",
        variable: copy,
        value: { kind: "variable", ...slot },
      });
      return fromExpression(width, { kind: "variable", ...copy });
    },
    set,
  };
}

/** The address of this instruction. */
export function pc<W extends number>(width: W): Bits<W> {
  return fromExpression(width, { kind: "pc", width });
}

/** The address of the instruction that follows in memory. */
export function nextPc<W extends number>(width: W): Bits<W> {
  return fromExpression(width, { kind: "nextPc", width });
}

/** The number of instructions that this hart retired before this one. */
export function retired(): Bits<64> {
  return fromExpression(64, { kind: "retired", width: 64 });
}

/** Ends the instruction: execution goes on at `target`. */
export function jump(target: Bits, hint?: JumpHint): void {
  emit({ kind: "jump", target: target.expression, ...(hint && { hint }) });
}

/** Ends the instruction with a trap of the ISA's number `cause`; nothing else has happened. */
export function trap(cause: Bits | number, value: Bits = bits(64, 0)): void {
  const number = typeof cause === "number" ? bits(32, cause) : cause;
  emit({ kind: "trap", cause: number.expression, value: value.expression });
}

/** Ends the instruction as if no row had matched it. */
export function illegal(): void {
  emit({ kind: "illegal" });
}

/** Stops the engine before this instruction and hands control to the host. */
export function effect(name: string): void {
  emit({ kind: "effect", name });
}

/** Orders memory accesses: sets of device input, output, memory read, memory write. */
export function fence(predecessor: Bits<4>, successor: Bits<4>): void {
  emit({
    kind: "fence",
    predecessor: predecessor.expression,
    successor: successor.expression,
  });
}

/** Instruction fetches that follow see the stores that precede. */
export function instructionFence(): void {
  emit({ kind: "instructionFence" });
}

/**
 * Calls a function of the host by name, for what is no computation; `reads` and `writes` name the
 * registers (by file) that it may touch.
 */
export function intrinsic<W extends number>(
  name: string,
  width: W,
  operands: readonly Bits[] = [],
  touches: { reads?: readonly string[]; writes?: readonly string[] } = {},
): Bits<W> {
  const result = temporary(width);
  emit({
    kind: "intrinsic",
    name,
    operands: operands.map((operand) => operand.expression),
    result,
    reads: touches.reads ?? [],
    writes: touches.writes ?? [],
  });
  return fromExpression(width, { kind: "temporary", ...result });
}

/** Records semantics on their own, outside of an instruction: for tests and tools. */
export function semantics(
  subject: string,
  body: () => void,
): { readonly body: ReturnType<typeof record> } {
  return { body: record(subject, body) };
}
