/** All engines pass the conformance suite. */
import { interpreter, reference } from "@isovm/interpreter";
import { rv32, rv64 } from "@isovm/riscv";
import { tiered } from "@isovm/translator";
import { describe, it } from "vitest";
import { fuzzTimeout } from "../differential/runs.ts";
import { riscvProfile } from "../profiles/riscv.ts";
import { describeEngine } from "./describe-engine.ts";
import type { TestFramework } from "./framework.ts";

const framework: TestFramework = {
  describe,
  it: (name, body) => it(name, { timeout: fuzzTimeout(30_000) }, body),
};

const eager = { threshold: 0, samplePeriod: 1, coldCode: true } as const;

const engines = {
  interpreter,
  reference,
  optimiser: tiered(interpreter, { ...eager, tiers: ["optimised"] }),
  baseline: tiered(interpreter, { ...eager, tiers: ["baseline"] }),
};

for (const isa of [rv64(), rv32(), rv64({ extensions: ["Zifencei"] })]) {
  const profile = riscvProfile(isa);
  for (const [name, engine] of Object.entries(engines)) {
    describeEngine(framework, `${name}, ${isa.name}`, { engine, reference, profile });
  }
}
