/** The property that two engines agree, for fast-check. */
import fc from "fast-check";
import type { TestProfile } from "../profiles/profile.ts";
import type { TestCase } from "../program/test-case.ts";
import type { Bench } from "./bench.ts";
import { compareEngines, type RunOptions } from "./compare.ts";
import { divergenceClass, divergenceError } from "./report.ts";

/**
 * The property that two benches agree on test cases; it throws a `DivergenceError` otherwise.
 *
 * While fast-check shrinks, only divergences of the first one's class count, so that the smallest
 * program shows the same bug.
 */
export function assertSame(
  profile: TestProfile,
  benches: readonly [Bench, Bench],
  tests: fc.Arbitrary<TestCase>,
  budgets: fc.Arbitrary<readonly number[]> = fc.constant([1]),
  options: RunOptions = {},
): fc.IProperty<[TestCase, readonly number[]]> {
  let wanted: string | undefined;
  return fc.property(tests, budgets, (test, schedule) => {
    const found = compareEngines(profile, benches, test, { ...options, budgets: schedule });
    if (!found) return;
    // With several instructions a run the first one that differs is still to be found.
    const divergence =
      found.pc === undefined ? (compareEngines(profile, benches, test, options) ?? found) : found;
    const kind = divergenceClass(profile, test, divergence);
    wanted ??= kind;
    if (kind === wanted) throw divergenceError(profile, test, divergence);
  });
}
