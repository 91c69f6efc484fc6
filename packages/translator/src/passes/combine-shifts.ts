/**
 * Pairs of shifts become extensions: `(x << 32) >> 30` is `extend(x[31:0]) << 2`. Instruction sets
 * without an instruction for it extend narrow values so, often in a loop's address computation;
 * WebAssembly has instructions for it, and engines don't find them behind two shifts.
 *
 * Where the second shift replaces the result of the first one before anything sees it, the first
 * instruction is left with nothing to do.
 *
 * @see Warren: "Hacker's Delight", 2nd edition, 2-6 (sign extension)
 */
import type { BinaryOperator, Expression, StateLayout, Statement } from "@isovm/isa-spec";
import { constant } from "../ir/constants.ts";
import { foldExtend, foldExtract } from "../ir/fold.ts";
import { foldBinary } from "../ir/fold-binary.ts";
import { type RegisterSlot, registerSlot } from "../ir/register-slot.ts";
import type { SpecialisedInstruction } from "../ir/specialise.ts";
import {
  type PassBlock,
  type PassInstruction,
  type PassIsa,
  withBody,
  withInstructions,
} from "./pass-graph.ts";

/** An instruction that only shifts one register into another one, or the same. */
interface Shift {
  readonly operator: BinaryOperator;
  readonly amount: number;
  readonly read: Extract<Statement, { kind: "readRegister" }>;
  readonly write: Extract<Statement, { kind: "writeRegister" }>;
  readonly source: RegisterSlot;
  readonly target: RegisterSlot;
}

/** A shift to the left whose source still is what it was. */
interface Pending {
  readonly index: number;
  readonly shift: Shift;
  /** Whether something may have seen its result. */
  seen: boolean;
}

/** The block with shifts combined. */
export function combineShifts<B extends PassBlock>(block: B, isa: PassIsa): B {
  const pending = new Map<RegisterSlot, Pending>();
  let result: PassInstruction[] | undefined;
  block.instructions.forEach((placed, index) => {
    const { instruction } = placed;
    const { reads, writes, mayLeave, untranslatable } = instruction.effects;
    const shift = shiftOf(instruction, isa.layout);
    const first = shift && pending.get(shift.source);
    const combined = first && combine(first.shift, shift);
    // What overwrites its own source is only combined with if it goes away.
    const vanishes = first && !first.seen && shift?.target === shift?.source;
    if (first && combined && (vanishes || first.shift.source !== first.shift.target)) {
      result ??= [...block.instructions];
      result[index] = withBody(placed, combined, isa);
      const before = block.instructions[first.index];
      if (vanishes && before) result[first.index] = withBody(before, [], isa);
    }
    for (const [target, one] of pending) {
      if (mayLeave || untranslatable || reads.includes(target)) one.seen = true;
      const isOver = writes.includes(target) || writes.includes(one.shift.source);
      if (isOver) pending.delete(target);
    }
    if (shift?.operator === "shiftLeft") pending.set(shift.target, { index, shift, seen: false });
  });
  return result ? withInstructions(block, result) : block;
}

function shiftOf(
  { body, effects }: SpecialisedInstruction,
  layout: StateLayout,
): Shift | undefined {
  const [read, write] = body;
  if (body.length !== 2 || effects.writes.length !== 1) return undefined;
  if (read?.kind !== "readRegister" || write?.kind !== "writeRegister") return undefined;
  const { value } = write;
  if (value.kind !== "binary" || value.right.kind !== "constant") return undefined;
  if (value.left.kind !== "temporary" || value.left.id !== read.result.id) return undefined;
  const { operator } = value;
  if (!operator.startsWith("shift")) return undefined;
  const source = registerSlot(layout, read.register);
  const target = registerSlot(layout, write.register);
  if (!source || !target || value.right.value >= BigInt(value.width)) return undefined;
  return { operator, amount: Number(value.right.value), read, write, source, target };
}

/** What the second shift does with the source of the first one; undefined if that doesn't pay. */
function combine(first: Shift, second: Shift): readonly Statement[] | undefined {
  const { width } = first.read.result;
  if (second.operator === "shiftLeft" || second.amount > first.amount) return undefined;
  const kept = width - first.amount;
  const signed = second.operator === "shiftRightArithmetic";
  // Other widths take as many instructions as two shifts do.
  if (signed ? kept !== 8 && kept !== 16 && kept !== 32 : kept > 32) return undefined;
  const source: Expression = { kind: "temporary", ...first.read.result };
  const extended = foldExtend(foldExtract(source, 0, kept), width, signed);
  const rest = constant(width, BigInt(first.amount - second.amount));
  const value = foldBinary("shiftLeft", extended, rest);
  return [first.read, { ...second.write, value }];
}
