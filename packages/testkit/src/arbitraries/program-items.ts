/** The parts of random programs: instructions by what they can do, jumps, loops, words. */
import type { Instruction } from "@isovm/isa-spec";
import fc from "fast-check";
import type { TestProfile } from "../profiles/profile.ts";
import type { ProgramItem } from "../program/program.ts";
import { type FixedRegister, type RowShape, shapeOf, writesMemory } from "../program/row-shape.ts";
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
  /** Items at most, or groups of two; 24 if not given. */
  readonly maxItems?: number;
  /**
   * Programs that write to themselves: the registers of the sandbox point at their own code. A
   * fence follows each store if so asked; without one, engines that see stores later than their
   * next instruction differ.
   */
  readonly writesCode?: "fenced" | "unfenced";
}

type ItemArbitrary = fc.Arbitrary<ProgramItem>;

/** A few items in a row. They shrink to a nop. */
type SequenceArbitrary = fc.Arbitrary<readonly ProgramItem[]>;

/** Parts of random programs: an item, a pair that the ISA calls frequent, or a loop. */
export function programItems(profile: TestProfile, rules: ProgramRules = {}): SequenceArbitrary {
  const straight = straightSequences(profile, rules);
  const loop = fc
    .record({
      kind: fc.constant("loop" as const),
      rounds: fc.integer({ min: 1, max: 4 }),
      body: fc.array(straight, { maxLength: 6, size: "max" }).map((parts) => parts.flat()),
    })
    .map((item): readonly ProgramItem[] => [item]);
  return fc.oneof(
    { withCrossShrink: true },
    { arbitrary: nops(profile).map((item) => [item]), weight: 1 },
    { arbitrary: straight, weight: 60 },
    { arbitrary: loop, weight: 2 },
  );
}

function straightSequences(profile: TestProfile, rules: ProgramRules): SequenceArbitrary {
  const makers = itemMakers(profile, rules);
  const single = straightItems(profile, rules, makers).map((item) => [item]);
  const pairs = frequentPairs(profile, makers);
  const sequences = fc.oneof(
    { withCrossShrink: true },
    { arbitrary: single, weight: 4 },
    ...(pairs.length > 0 ? [{ arbitrary: fc.oneof(...pairs), weight: 1 }] : []),
  );
  if (rules.writesCode !== "fenced") return sequences;
  const fence = profile.isa.instructions.find((row) => shapeOf(row).fencesInstructions);
  if (!fence) return sequences;
  const fenced: ProgramItem = { kind: "instruction", row: fence, fields: {} };
  return sequences.map((items) =>
    items.flatMap((item) => (mayWriteMemory(item) ? [item, fenced] : [item])),
  );
}

/** Whether an item may store; a word may be anything. */
function mayWriteMemory(item: ProgramItem): boolean {
  if (item.kind === "word") return true;
  if (item.kind !== "instruction") return false;
  return shapeOf(item.row).accesses.some(({ statement }) => writesMemory(statement));
}

/** Pairs of instructions that engines may execute as one. */
function frequentPairs(
  { isa }: TestProfile,
  makers: ReadonlyMap<string, ItemArbitrary>,
): readonly SequenceArbitrary[] {
  return Object.entries(isa.frequentPairs ?? {}).flatMap(([first, seconds]) => {
    const before = makers.get(first);
    const after = seconds.flatMap((second) => makers.get(second) ?? []);
    if (!before || after.length === 0) return [];
    return [fc.tuple(before, fc.oneof(...after))];
  });
}

/** How items of each row are made, by mnemonic: of those rows that the rules admit. */
function itemMakers(profile: TestProfile, rules: ProgramRules): ReadonlyMap<string, ItemArbitrary> {
  const makers = new Map<string, ItemArbitrary>();
  for (const row of profile.isa.instructions) {
    const shape = shapeOf(row);
    if (rules.safe && shape.fixedWrites.some((fixed) => isReserved(profile, fixed))) continue;
    if (rules.rows?.(row, shape) === false) continue;
    const make = shape.jumps.some((jump) => jump.distanceOperand)
      ? relativeJump
      : shape.jumps.length > 0
        ? indirectJump
        : instructionItem;
    makers.set(row.mnemonic, make(profile, row, rules));
  }
  return makers;
}

function nops({ nops: words }: TestProfile): ItemArbitrary {
  return fc.constantFrom(...words).map((word) => ({ kind: "word", word }));
}

function straightItems(
  profile: TestProfile,
  rules: ProgramRules,
  makers: ReadonlyMap<string, ItemArbitrary>,
): ItemArbitrary {
  const rows = profile.isa.instructions.filter((row) => makers.has(row.mnemonic));
  const choices: { arbitrary: ItemArbitrary; weight: number }[] = [
    { arbitrary: nops(profile), weight: 1 },
  ];
  const add = (weight: number, wanted: (shape: RowShape) => boolean): void => {
    const made = rows.flatMap((row) =>
      wanted(shapeOf(row)) ? (makers.get(row.mnemonic) ?? []) : [],
    );
    if (made.length === 0) return;
    choices.push({ arbitrary: fc.oneof({ withCrossShrink: true }, ...made), weight });
  };
  add(40, isPlain);
  add(12, ({ accesses }) => accesses.length > 0);
  add(6, ({ jumps }) => jumps.some((jump) => jump.distanceOperand));
  add(3, ({ jumps }) => jumps.some((jump) => !jump.distanceOperand));
  if (!rules.safe) {
    add(1, ({ effects }) => effects.length > 0);
    const anything = rows.map((row) => instructionItem(profile, row, rules, true));
    const words = nearMisses(profile.isa).map((word): ProgramItem => ({ kind: "word", word }));
    choices.push({ arbitrary: words, weight: 2 });
    if (anything.length > 0) choices.push({ arbitrary: fc.oneof(...anything), weight: 4 });
  }
  return fc.oneof({ withCrossShrink: true }, ...choices);
}

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
