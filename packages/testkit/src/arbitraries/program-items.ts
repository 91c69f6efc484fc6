/** The parts of random programs: instructions by what they can do, jumps, loops, words. */
import type { Instruction } from "@isovm/isa-spec";
import fc from "fast-check";
import type { TestProfile } from "../profiles/profile.ts";
import type { ProgramItem } from "../program/program.ts";
import { type FixedRegister, type RowShape, shapeOf } from "../program/row-shape.ts";
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
  /** Which of the sandbox registers a row may have an address from; all if not given. */
  readonly bases?: (row: Instruction, shape: RowShape) => readonly number[] | undefined;
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
  const rows = profile.isa.instructions.filter((row) => {
    const shape = shapeOf(row);
    if (rules.safe && shape.fixedWrites.some((fixed) => isReserved(profile, fixed))) return false;
    return rules.rows?.(row, shape) ?? true;
  });
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
    add(4, rows, (row) => instructionItem(profile, row, rules, true));
    const words = nearMisses(profile.isa).map((word): ProgramItem => ({ kind: "word", word }));
    choices.push({ arbitrary: words, weight: 2 });
  }
  return fc.oneof({ withCrossShrink: true }, ...choices);
}

type MakeItem = (row: Instruction) => ItemArbitrary;

function isPlain({ accesses, jumps, effects }: RowShape): boolean {
  return accesses.length === 0 && jumps.length === 0 && effects.length === 0;
}

/** Items of one row; `anything` lifts the conventions on registers. */
export function instructionItem(
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
  { safe = false, bases: admitted }: ProgramRules,
  anything: boolean,
): OperandRules {
  const usual = (operand: string) => profile.usualValues(row, operand);
  if (anything) return { usual };
  const shape = shapeOf(row);
  const bases = new Set(shape.accesses.flatMap((access) => access.baseOperands));
  const holders =
    admitted?.(row, shape) ?? profile.sandboxRegisters.map(({ register }) => register);
  return {
    usual,
    onlyUsual: safe,
    mayWrite: (file, register) => !isReserved(profile, { file: file.name, register }),
    registers: (operand) => (bases.has(operand) ? holders : undefined),
  };
}

/** Registers that the conventions of test programs rely on. */
function isReserved(profile: TestProfile, { file, register }: FixedRegister): boolean {
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
