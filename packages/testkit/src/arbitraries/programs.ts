/** Random programs with the state that they begin in. */
import fc from "fast-check";
import type { TestProfile } from "../profiles/profile.ts";
import { codeStart } from "../program/layout.ts";
import { startAddresses, type TestCase } from "../program/test-case.ts";
import { instructionWords } from "./instructions.ts";
import { type ProgramRules, programItems } from "./program-items.ts";
import { states } from "./states.ts";

/**
 * Test cases: programs of branches, bounded loops, loads and stores around the sandbox and
 * computation on corner cases, as the rows of the ISA give them.
 *
 * They shrink by deleting items, replacing them by nops, and simplifying operands and state.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rv64 } from "@isovm/riscv";
 * import { prepare, programs, riscvProfile } from "@isovm/testkit";
 * import fc from "fast-check";
 *
 * const profile = riscvProfile(rv64());
 * const [test] = fc.sample(programs(profile), { numRuns: 1, seed: 1 });
 * assert(test);
 * assert(prepare(profile, test).code.length > 0);
 * ```
 */
export function programs(profile: TestProfile, rules: ProgramRules = {}): fc.Arbitrary<TestCase> {
  const smallest = Math.min(...profile.nops.map(({ sizeBytes }) => sizeBytes));
  const { addressWidth } = profile.isa;
  const starts = startAddresses(addressWidth).filter((start) => start % smallest === 0);
  const start = rules.safe
    ? fc.constant(codeStart)
    : fc.oneof(
        { arbitrary: fc.constant(codeStart), weight: 3 },
        { arbitrary: fc.constantFrom(...starts), weight: 1 },
      );
  const length = { maxLength: rules.maxItems ?? 24, size: "max" } as const;
  const parts = fc.array(programItems(profile, rules), length);
  const rest = {
    items: parts.map((sequences) => sequences.flat()),
    memorySeed: fc.nat(),
    start,
    onePage: rules.safe ? fc.constant(false) : fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
  };
  if (!rules.writesCode) return fc.record({ ...rest, registers: states(profile) });
  const distances = fc
    .integer({ min: -4, max: 60 })
    .map((step) => BigInt.asUintN(16, BigInt(2 * step)));
  const words = fc
    .constantFrom(...profile.isa.instructions)
    .chain((row) => instructionWords(row))
    .map(({ bits }) => bits);
  return fc
    .record({ ...rest, registers: states(profile, distances, words) })
    .map((test) => ({ ...pointIntoCode(profile, test), writableCode: true }));
}

/** Makes addresses of the distances from the code's begin that the sandbox registers hold. */
function pointIntoCode(profile: TestProfile, test: TestCase): TestCase {
  const { addressWidth } = profile.isa;
  const registers = Object.entries(test.registers).map(([file, values]) => {
    const holders = profile.sandboxRegisters.filter((holder) => holder.file === file);
    const pointed = values.map((value, register) =>
      holders.some((holder) => holder.register === register)
        ? BigInt.asUintN(addressWidth, BigInt(test.start) + BigInt.asIntN(16, value))
        : value,
    );
    return [file, pointed] as const;
  });
  return { ...test, registers: Object.fromEntries(registers) };
}
