/** Runs a test case under one engine. */
import type { Exit } from "@isovm/isa-spec";
import type { TestProfile } from "../profiles/profile.ts";
import { prepare, type TestCase } from "../program/test-case.ts";
import type { Bench } from "./bench.ts";
import { load } from "./compare.ts";

/**
 * Runs a case to its end as {@link compareEngines} does, skipping what stops the engine; `observe`
 * is told of every stop before it is skipped.
 */
export function execute(
  profile: TestProfile,
  bench: Bench,
  test: TestCase,
  observe: (exit: Exit) => void,
  limit = 300,
): void {
  const prepared = prepare(profile, test);
  load(bench, test, prepared);
  const { engine } = bench;
  const end = engine.retired + BigInt(limit);
  for (let stops = 0; stops < limit && engine.retired < end; stops += 1) {
    const exit = engine.run(Number(end - engine.retired));
    observe(exit);
    if (exit.kind === "budget") return;
    const { pc } = engine.state;
    if (pc < BigInt(test.start) || pc >= prepared.end) return;
    if (exit.kind === "fault" && exit.access === "fetch") return;
    if (!bench.skipInstruction()) return;
  }
}
