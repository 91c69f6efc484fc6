/** A divergence as text: the first field that differs, and the program, ready for a test. */
import { Decoder } from "@isovm/decoder";
import { IsovmError } from "@isovm/isa-spec";
import type { TestProfile } from "../profiles/profile.ts";
import { sandbox } from "../program/layout.ts";
import { assemblyLines, prepare, type TestCase } from "../program/test-case.ts";
import type { Divergence } from "./compare.ts";

/** Two engines, or an engine and an oracle, disagree; the message has all that repeats it. */
export class DivergenceError extends IsovmError<{
  readonly divergence: Divergence;
  readonly test: TestCase;
}> {}

/** The error for a divergence. */
export function divergenceError(
  profile: TestProfile,
  test: TestCase,
  divergence: Divergence,
): DivergenceError {
  const text = `${divergenceText(profile, test, divergence)}\n\n${testText(profile, test)}`;
  return new DivergenceError(text, { divergence, test });
}

/**
 * What kind of divergence it is: the field without its number, and the instruction. A shrinker
 * keeps to one kind, lest it wander off to another bug.
 */
export function divergenceClass(
  profile: TestProfile,
  test: TestCase,
  divergence: Divergence,
): string {
  const field = divergence.field.replace(/\d.*/, "");
  const values =
    field === "exit" ? divergence.values.map((text) => text.replace(/0x\w+/g, "")) : [];
  return [field, ...values, mnemonicAt(profile, test, divergence.pc) ?? ""].join(" ");
}

function divergenceText(
  profile: TestProfile,
  test: TestCase,
  { field, values, engines, pc, executed }: Divergence,
): string {
  const where =
    pc === undefined
      ? `after ${executed} instructions`
      : `at 0x${pc.toString(16)}, ${mnemonicAt(profile, test, pc) ?? "no instruction"}, the ${executed + 1}. instruction`;
  return `${engines.join(" and ")} differ ${where}: ${field} is ${values[0]} and ${values[1]}`;
}

function mnemonicAt(
  profile: TestProfile,
  test: TestCase,
  pc: bigint | undefined,
): string | undefined {
  if (pc === undefined) return undefined;
  const offset = Number(pc) - test.start;
  const placed = prepare(profile, test).instructions.find((one) => one.offset === offset);
  return placed && new Decoder(profile.isa).decode(placed.bits, placed.sizeBytes)?.row.mnemonic;
}

/** A test case as the text of a test; registers that are zero are left out. */
export function testText(profile: TestProfile, test: TestCase): string {
  const { layout } = profile.isa;
  const before = Object.entries(test.registers).flatMap(([file, values]) => {
    const definition = layout.files.get(file)?.definition;
    return values.flatMap((value, register) => {
      if (value === 0n || register === definition?.zero) return [];
      const single = definition?.count === 1;
      const name = single ? file : (definition?.names?.[register] ?? `${file}${register}`);
      return [`${name}: 0x${value.toString(16)}n`];
    });
  });
  return [
    `start: 0x${test.start.toString(16)}, ${test.onePage ? "onePage: true, " : ""}${test.writableCode ? "writableCode: true, " : ""}memorySeed: ${test.memorySeed}, // sandbox at 0x${sandbox.start.toString(16)}`,
    `before: { ${before.join(", ")} },`,
    "asm: `",
    ...assemblyLines(profile, test).map((line) => `  ${line}`),
    "`",
  ].join("\n");
}
