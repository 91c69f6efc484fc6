/** Random programs with the state that they begin in. */
import fc from "fast-check";
import type { TestProfile } from "../profiles/profile.ts";
import { codeStart } from "../program/layout.ts";
import { startAddresses, type TestCase } from "../program/test-case.ts";
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
  return fc.record({
    items: fc.array(programItems(profile, rules), length),
    registers: states(profile),
    memorySeed: fc.nat(),
    start,
    onePage: rules.safe ? fc.constant(false) : fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
  });
}
