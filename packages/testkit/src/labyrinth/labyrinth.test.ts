/** Translators against the reference evaluator, on journeys through labyrinths. */
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { rv32, rv64 } from "@isovm/riscv";
import { type TieredOptions, tiered } from "@isovm/translator";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withContexts } from "../differential/other-memories.ts";
import { fuzzRuns, fuzzTimeout } from "../differential/runs.ts";
import { riscvProfile } from "../profiles/riscv.ts";
import { journeys } from "./journey.ts";
import { Traveller, travel } from "./traveller.ts";

/** A result doesn't depend on any of these. */
const options = {
  "translates all that it can": { threshold: 0, samplePeriod: 1, coldCode: true },
  "translates what was executed": { threshold: 0, samplePeriod: 1 },
  "translates instruction by instruction": { threshold: 0, samplePeriod: 2, regionLimit: 1 },
  "keeps one region": { threshold: 0, samplePeriod: 3, cacheLimit: 1 },
  "keeps a few small regions": { threshold: 0, samplePeriod: 7, regionLimit: 5, cacheLimit: 4 },
  "keeps some large regions": { threshold: 0, samplePeriod: 5, regionLimit: 64, cacheLimit: 8 },
  "takes its time": { threshold: 0.1, samplePeriod: 2, coldCode: true },
  "takes more time": { threshold: 1, samplePeriod: 2, regionLimit: 20 },
  "is quick": { tiers: ["baseline"], threshold: 0, samplePeriod: 1, coldCode: true },
  "is quick with what was executed": { tiers: ["baseline"], threshold: 0, samplePeriod: 2 },
  "is quick in small regions": {
    tiers: ["baseline"],
    threshold: 0,
    samplePeriod: 5,
    regionLimit: 5,
    cacheLimit: 4,
    coldCode: true,
  },
  "only optimises": { tiers: ["optimised"], threshold: 0, samplePeriod: 1, coldCode: true },
  "enters loops": {
    tiers: ["optimised"],
    threshold: 0,
    samplePeriod: 3,
    coldCode: true,
    loopEntries: true,
  },
  "samples seldom": { threshold: 0, samplePeriod: 50, coldCode: true },
  "translates nothing": { threshold: Number.POSITIVE_INFINITY, samplePeriod: 1 },
} as const satisfies Record<string, TieredOptions>;

const budgets = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 300 }));
const timeout = fuzzTimeout(60_000);

describe.each([rv64(), rv32()].map((isa) => [isa.name, isa] as const))("%s", (_, isa) => {
  const profile = riscvProfile(isa);
  const share = isa.addressWidth === 64 ? 1 : 0.3;
  const same = (travellers: readonly [Traveller, Traveller]) =>
    fc.property(journeys(profile, budgets), (journey) => travel(profile, travellers, journey));

  it.each(Object.entries<TieredOptions>(options))(
    "a translator that %s",
    { timeout },
    (__, given) => {
      const translator = new Traveller(profile, tiered(interpreter, given));
      fc.assert(same([new Traveller(profile, reference), translator]), fuzzRuns(80 * share));
      const { regions = 0 } = translator.engine.statistics();
      expect(regions > 5).toBe(given.threshold !== Number.POSITIVE_INFINITY);
    },
  );

  it.each([1, 2, 7])("one that is interrupted every %i instructions", { timeout }, (pieces) => {
    const translator = tiered(interpreter, { threshold: 0, samplePeriod: 1 });
    const travellers = [
      new Traveller(profile, reference),
      new Traveller(profile, translator, { pieces }),
    ] as const;
    fc.assert(same(travellers), fuzzRuns(80 * share));
  });

  it("two over one memory", { timeout }, () => {
    const both = (engine: EngineFactory) => new Traveller(profile, engine, { engineCount: 2 });
    const translator = both(tiered(interpreter, { threshold: 0, samplePeriod: 3, cacheLimit: 4 }));
    fc.assert(same([both(reference), translator]), fuzzRuns(150 * share));
    expect(translator.engine.statistics().invalidated).toBeGreaterThan(0);
  });

  it("over memory with translation contexts", { timeout }, () => {
    const engine = withContexts(tiered(interpreter, { threshold: 0, samplePeriod: 3 }));
    const translator = new Traveller(profile, engine);
    fc.assert(same([new Traveller(profile, reference), translator]), fuzzRuns(150 * share));
    expect(translator.engine.statistics().regions).toBeGreaterThan(5);
  });

  it("as it decides by itself, on long ways", { timeout }, () => {
    const translator = new Traveller(profile, tiered(interpreter));
    const long = journeys(profile, fc.integer({ min: 1, max: 500_000 }), { safe: true });
    const travellers = [new Traveller(profile, interpreter), translator] as const;
    fc.assert(
      fc.property(long, (journey) => travel(profile, travellers, journey)),
      fuzzRuns(60 * share),
    );
    expect(translator.engine.statistics().regions).toBeGreaterThan(5);
  });
});
