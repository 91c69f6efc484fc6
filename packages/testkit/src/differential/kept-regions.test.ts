/** Regions that earlier runs have left, against the reference evaluator. */
import { interpreter, reference } from "@isovm/interpreter";
import type { Isa } from "@isovm/isa-spec";
import { rv32, rv64 } from "@isovm/riscv";
import { type KeptModule, type Translations, tiered } from "@isovm/translator";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { programs } from "../arbitraries/programs.ts";
import { riscvProfile } from "../profiles/riscv.ts";
import type { TestCase } from "../program/test-case.ts";
import { Bench } from "./bench.ts";
import { execute } from "./execute.ts";
import { assertSame } from "./property.ts";
import { fuzzRuns, fuzzTimeout } from "./runs.ts";

/** Runs programs, all in one place in memory, and gives what was translated on the way. */
function translate(isa: Isa, tests: readonly TestCase[]): readonly KeptModule[] {
  const modules: KeptModule[] = [];
  const translations: Translations = {
    modules: [],
    add: (module) => void modules.push(module),
    use() {},
  };
  const eager = tiered(interpreter, {
    threshold: 0,
    samplePeriod: 1,
    coldCode: true,
    translations,
  });
  const bench = new Bench(isa, eager);
  for (const test of tests) execute(riscvProfile(isa), bench, test, () => {});
  return modules;
}

describe.each([rv64(), rv32()].map((isa) => [isa.name, isa] as const))("%s", (_, isa) => {
  const profile = riscvProfile(isa);
  const budgets = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });

  it.each([
    ["programs", 1, programs(profile)],
    ["programs", 3, programs(profile)],
    ["programs that write to themselves", 1, programs(profile, { writesCode: "unfenced" })],
  ])(
    "reference = what was kept of %s, taken up after %i visits",
    {
      timeout: fuzzTimeout(30_000),
    },
    (__, keptVisits, arbitrary) => {
      const { numRuns = 1, seed } = fuzzRuns(80);
      const tests = fc.sample(arbitrary, { numRuns, ...(seed !== undefined && { seed }) });
      const used = new Set<KeptModule>();
      const translations: Translations = {
        modules: translate(isa, tests),
        add: () => expect.unreachable("nothing is hot enough"),
        use: (module) => void used.add(module),
      };
      const bench = new Bench(
        isa,
        tiered(interpreter, { samplePeriod: 2 ** 30, keptVisits, translations }),
      );
      const benches = [new Bench(isa, reference), bench] as const;
      const known = fc.constantFrom(...tests);
      fc.assert(assertSame(profile, benches, known, budgets), fuzzRuns(2 * numRuns));
      expect(used.size).toBeGreaterThan(20);
      expect(bench.engine.statistics().keptRegions).toBeGreaterThan(used.size);
    },
  );
});
