/** The engines against the reference evaluator, over random programs. */
import { interpreter, reference } from "@isovm/interpreter";
import { rv32, rv64 } from "@isovm/riscv";
import { tiered } from "@isovm/translator";
import fc from "fast-check";
import { describe, it } from "vitest";
import { programs } from "../arbitraries/programs.ts";
import { riscvProfile } from "../profiles/riscv.ts";
import { Bench } from "./bench.ts";
import { withContexts, withoutWindow } from "./other-memories.ts";
import { assertSame } from "./property.ts";
import { fuzzRuns, fuzzTimeout } from "./runs.ts";

const isas = [rv64(), rv32(), rv64({ extensions: ["M", "A"] }), rv32({ extensions: [] })];

const eager = { threshold: 0, samplePeriod: 2, coldCode: true } as const;
const small = { ...eager, samplePeriod: 3, regionLimit: 4, cacheLimit: 8 } as const;

const engines = {
  interpreter,
  // Each instruction that is interpreted makes a region of all that can be reached from there.
  "eager optimiser": tiered(interpreter, { ...eager, tiers: ["optimised"], samplePeriod: 1 }),
  "eager baseline": tiered(interpreter, { ...eager, tiers: ["baseline"], samplePeriod: 1 }),
  // One basic block, or a part of one.
  "optimiser of small regions": tiered(interpreter, { ...small, tiers: ["optimised"] }),
  "optimiser that enters loops": tiered(interpreter, {
    ...eager,
    tiers: ["optimised"],
    loopEntries: true,
  }),
  "baseline of small regions": tiered(interpreter, { ...small, tiers: ["baseline"] }),
  "optimiser over memory without a colour window": withoutWindow(
    tiered(interpreter, { ...eager, tiers: ["optimised"] }),
  ),
  "baseline over memory without a colour window": withoutWindow(
    tiered(interpreter, { ...eager, tiers: ["baseline"] }),
  ),
  "both tiers": tiered(interpreter, { ...eager, tiers: ["baseline", "optimised"] }),
  "interpreter over memory with translation contexts": withContexts(interpreter),
  "optimiser over memory with translation contexts": withContexts(
    tiered(interpreter, { ...eager, tiers: ["optimised"] }),
  ),
  "baseline over memory with translation contexts": withContexts(
    tiered(interpreter, { ...eager, tiers: ["baseline"] }),
  ),
};
const cases = Object.entries(engines).flatMap(([name, engine]) =>
  isas.map((isa) => [name, isa.name, engine, isa] as const),
);

/** Those that differ from others in one point have fewer runs. */
const most: readonly string[] = ["interpreter", "eager optimiser", "eager baseline"];

describe.each(cases)("reference = %s, %s", (name, _isa, engine, isa) => {
  const profile = riscvProfile(isa);
  const benches = [new Bench(isa, reference), new Bench(isa, engine)] as const;
  const budgets = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
  const size = (isas.indexOf(isa) < 2 ? 800 : 200) / (most.includes(name) ? 1 : 4);

  it("instruction by instruction", { timeout: fuzzTimeout(30_000) }, () => {
    fc.assert(assertSame(profile, benches, programs(profile)), fuzzRuns(size));
  });

  it("on programs that write to themselves", { timeout: fuzzTimeout(30_000) }, () => {
    const tests = programs(profile, { writesCode: "unfenced" });
    fc.assert(assertSame(profile, benches, tests, budgets), fuzzRuns(size));
  });

  it("in runs of any length", { timeout: fuzzTimeout(30_000) }, () => {
    fc.assert(assertSame(profile, benches, programs(profile), budgets), fuzzRuns(size / 2));
  });
});
