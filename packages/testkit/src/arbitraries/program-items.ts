/** The parts of random programs: instructions by what they can do, jumps, loops, words. */
import type { Instruction } from "@isovm/isa-spec";
import fc from "fast-check";
import type { TestProfile } from "../profiles/profile.ts";
import type { ProgramItem } from "../program/program.ts";
import { type RowShape, shapeOf } from "../program/row-shape.ts";
import { nearMisses } from "./instructions.ts";
import { type OperandRules, operands } from "./operands.ts";

/** What random programs may contain. */
export interface ProgramRules {
  /** Rows to draw from; all if not given. */
  readonly rows?: (row: Instruction, shape: RowShape) => boolean;
  /**
   * Only programs that run to their end: accesses inside the sandbox, no illegal words, no jumps
   * to anywhere, no instruction that stops the engine.
   */
  readonly safe?: boolean;
  /** Items at most; 24 if not given. */
  readonly maxItems?: number;
}

type ItemArbitrary = fc.Arbitrary<ProgramItem>;

/** Items of random programs. They shrink to a nop of the same kind of place. */
export function programItems(profile: TestProfile, rules: ProgramRules = {}): ItemArbitrary {
  const straight = straightItems(profile, rules);
  const loop = fc
    .record({
      kind: fc.constant("loop" as const),
      rounds: fc.integer({ min: 1, max: 4 }),
      body: fc.array(straight, { maxLength: 6, size: "max" }),
    })
    .map((item): ProgramItem => item);
  return fc.oneof(
    { withCrossShrink: true },
    { arbitrary: nops(profile), weight: 1 },
    { arbitrary: straight, weight: 60 },
    { arbitrary: loop, weight: 2 },
  );
}

function nops({ nops: words }: TestProfile): ItemArbitrary {
  return fc.constantFrom(...words).map((word) => ({ kind: "word", word }));
}

function straightItems(profile: TestProfile, rules: ProgramRules): ItemArbitrary {
  const rows = profile.isa.instructions.filter((row) => rules.rows?.(row, shapeOf(row)) ?? true);
  const plain = rows.filter((row) => isPlain(shapeOf(row)));
  const memory = rows.filter((row) => shapeOf(row).accesses.length > 0);
  const relative = rows.filter((row) => shapeOf(row).jumps.some((jump) => jump.distanceOperand));
  const indirect = rows.filter((row) => shapeOf(row).jumps.some((jump) => !jump.distanceOperand));
  const stopping = rows.filter((row) => shapeOf(row).effects.length > 0);
  const choices: { arbitrary: ItemArbitrary; weight: number }[] = [
    { arbitrary: nops(profile), weight: 1 },
  ];
  const add = (weight: number, from: readonly Instruction[], make: MakeItem): void => {
    if (from.length === 0) return;
    const arbitraries = from.map(make);
    choices.push({ arbitrary: fc.oneof({ withCrossShrink: true }, ...arbitraries), weight });
  };
  add(40, plain, (row) => instructionItem(profile, row, rules));
  add(12, memory, (row) => instructionItem(profile, row, rules));
  add(6, relative, (row) => relativeJump(profile, row, rules));
  add(3, indirect, (row) => indirectJump(profile, row, rules));
  if (!rules.safe) {
    add(1, stopping, (row) => instructionItem(profile, row, rules));
    add(2, rows, (row) => instructionItem(profile, row, { ...rules, safe: false }, true));
    const words = nearMisses(profile.isa).map((word): ProgramItem => ({ kind: "word", word }));
    choices.push({ arbitrary: words, weight: 2 });
  }
  return fc.oneof({ withCrossShrink: true }, ...choices);
}

type MakeItem = (row: Instruction) => ItemArbitrary;

function isPlain({ accesses, jumps, effects }: RowShape): boolean {
  return accesses.length === 0 && jumps.length === 0 && effects.length === 0;
}

/** An instruction with its operands; `anything` lifts the conventions on registers. */
function instructionItem(
  profile: TestProfile,
  row: Instruction,
  rules: ProgramRules,
  anything = false,
): ItemArbitrary {
  const given = operandRules(profile, row, rules, anything);
  return operands(row, given).map((fields) => ({ kind: "instruction", row, fields }));
}

function operandRules(
  profile: TestProfile,
  row: Instruction,
  { safe = false }: ProgramRules,
  anything: boolean,
): OperandRules {
  const usual = (operand: string) => profile.usualValues(row, operand);
  if (anything) return { usual };
  const { accesses } = shapeOf(row);
  const bases = new Set(accesses.flatMap((access) => access.baseOperands));
  return {
    usual,
    onlyUsual: safe,
    mayWrite: (file, register) => !isReserved(profile, file.name, register),
    registers: (operand) =>
      bases.has(operand) ? profile.sandboxRegisters.map(({ register }) => register) : undefined,
  };
}

/** Registers that the conventions of test programs rely on. */
export function isReserved(profile: TestProfile, file: string, register: number): boolean {
  return [...profile.sandboxRegisters, profile.counter].some(
    (reserved) => reserved.file === file && reserved.register === register,
  );
}

const skips = fc.nat({ max: 4 });

function relativeJump(profile: TestProfile, row: Instruction, rules: ProgramRules): ItemArbitrary {
  const distanceOperand = shapeOf(row).jumps.find((jump) => jump.distanceOperand)?.distanceOperand;
  return fc
    .tuple(operands(row, operandRules(profile, row, rules, false)), skips)
    .map(([fields, skip]) => ({
      kind: "jump",
      row,
      fields,
      distanceOperand: distanceOperand ?? "",
      skip,
    }));
}

function indirectJump(profile: TestProfile, row: Instruction, rules: ProgramRules): ItemArbitrary {
  const jump = shapeOf(row).jumps.find((candidate) => !candidate.distanceOperand);
  const [baseOperand = ""] = jump?.baseOperands ?? [];
  const [displacementOperand] = jump?.displacementOperands ?? [];
  const { register } = profile.scratch;
  const given: OperandRules = {
    ...operandRules(profile, row, rules, false),
    registers: (operand) => (operand === baseOperand ? [register] : undefined),
  };
  return fc.tuple(operands(row, given), skips).map(([fields, skip]) => ({
    kind: "indirectJump",
    row,
    // An odd displacement would be rounded away by some ISAs and not by others.
    fields:
      displacementOperand === undefined
        ? fields
        : { ...fields, [displacementOperand]: (fields[displacementOperand] ?? 0n) & ~3n },
    baseOperand,
    displacementOperand,
    skip,
  }));
}
