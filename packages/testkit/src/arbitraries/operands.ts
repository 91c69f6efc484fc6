/** Values of operands, class by class. */
import { encodedBits, type Instruction, type RegisterFileDefinition } from "@isovm/isa-spec";
import fc from "fast-check";
import type { Fields } from "../program/encoded.ts";

/** What the operands of generated instructions may be. */
export interface OperandRules {
  /** Whether an instruction may write this register of a file; all if not given. */
  readonly mayWrite?: (file: RegisterFileDefinition, register: number) => boolean;
  /** Registers that an operand must be one of where it can, by register number. */
  readonly registers?: (operand: string) => readonly number[] | undefined;
  /** Values that an operand should usually have. */
  readonly usual?: (operand: string) => readonly bigint[] | undefined;
  /** Whether {@link usual} values are the only ones. */
  readonly onlyUsual?: boolean;
}

/**
 * The operands of a row: registers often alike or the hard-wired zero, numbers at the ends of their
 * ranges, with one bit set or cleared, or any. Values that don't match the row don't occur.
 */
export function operands(row: Instruction, rules: OperandRules = {}): fc.Arbitrary<Fields> {
  const names = Object.keys(row.operands);
  const independent = fc.record(
    Object.fromEntries(names.map((name) => [name, operandValue(row, name, rules)])),
  );
  const files = registerOperands(row);
  if (files.length < 2) return independent;
  return fc
    .tuple(fc.constantFrom(false, false, false, true), independent)
    .map(([alike, fields]) => (alike ? aliased(row, files, fields, rules) : fields));
}

/** Field values of one operand that the row matches. */
export function operandValue(
  row: Instruction,
  name: string,
  rules: OperandRules = {},
): fc.Arbitrary<bigint> {
  const operand = row.operands[name];
  if (!operand) return fc.constant(0n);
  const encoded = encodedBits(row.pattern, name);
  const admitted = (value: bigint): boolean =>
    (value & ~encoded) === 0n && isAdmitted(row, name, value, rules);
  const { text, width } = operand;
  if (text.kind === "register" || width <= 5) {
    const all = Array.from({ length: 2 ** width }, (_, index) => BigInt(index)).filter(admitted);
    const wanted = rules.registers?.(name);
    const few =
      wanted && text.kind === "register"
        ? all.filter((value) => wanted.includes(text.first + Number(value)))
        : all;
    const usual = few.filter((value) => rules.usual?.(name)?.includes(value) ?? true);
    const values = usual.length > 0 ? usual : few.length > 0 ? few : all;
    const any = fc.constantFrom(...values);
    const zero = text.kind === "register" ? text.file.zero : undefined;
    if (text.kind !== "register" || zero === undefined) return any;
    const zeroField = BigInt(zero - text.first);
    if (!values.includes(zeroField)) return any;
    return fc.oneof(
      { arbitrary: fc.constant(zeroField), weight: 1 },
      { arbitrary: any, weight: 9 },
    );
  }
  const usual = (rules.usual?.(name) ?? []).filter(admitted);
  if (rules.onlyUsual && usual.length > 0) return fc.constantFrom(...usual);
  const fitting = numbers(width, encoded).filter(admitted);
  if (usual.length === 0) return fitting;
  return fc.oneof({ arbitrary: fc.constantFrom(...usual), weight: 15 }, fitting);
}

/** Unsigned values within the encoded bits: ends, walking bits, any. */
function numbers(width: number, encoded: bigint): fc.Arbitrary<bigint> {
  const positions = [...encoded.toString(2)]
    .reverse()
    .flatMap((bit, i) => (bit === "1" ? [i] : []));
  const bit = fc.constantFrom(...positions).map((position) => 1n << BigInt(position));
  const step = encoded & -encoded;
  const top = 1n << BigInt(width - 1);
  return fc.oneof(
    { withCrossShrink: true },
    fc.constantFrom(0n, step, encoded, encoded & ~top, encoded & top, encoded & (top | step)),
    bit,
    bit.map((value) => encoded & ~value),
    fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }).map((value) => value & encoded),
  );
}

function isAdmitted(
  row: Instruction,
  name: string,
  value: bigint,
  { mayWrite }: OperandRules,
): boolean {
  const operand = row.operands[name];
  if (!operand || operand.excluded.includes(value)) return false;
  const { text } = operand;
  if (text.kind !== "register") return true;
  const register = text.first + Number(value);
  if (register >= text.file.count) return false;
  return text.role === "read" || mayWrite === undefined || mayWrite(text.file, register);
}

function registerOperands(row: Instruction): readonly string[] {
  return Object.entries(row.operands).flatMap(([name, { text }]) =>
    text.kind === "register" ? [name] : [],
  );
}

/** Gives all register operands the register of the first one, where they can have it. */
function aliased(
  row: Instruction,
  names: readonly string[],
  fields: Fields,
  rules: OperandRules,
): Fields {
  const [first] = names;
  const model = first === undefined ? undefined : row.operands[first]?.text;
  if (first === undefined || model?.kind !== "register") return fields;
  const register = model.first + Number(fields[first] ?? 0n);
  const result: Record<string, bigint> = { ...fields };
  for (const name of names) {
    const text = row.operands[name]?.text;
    if (text?.kind !== "register") continue;
    const wanted = rules.registers?.(name);
    const value = BigInt(register - text.first);
    const encoded = encodedBits(row.pattern, name);
    if (value < 0n || (value & ~encoded) !== 0n || !isAdmitted(row, name, value, rules)) continue;
    if (wanted && !wanted.includes(register)) continue;
    result[name] = value;
  }
  return result;
}
