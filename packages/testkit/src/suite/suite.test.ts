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

const engines = {
  interpreter,
  reference,
  translator: tiered(interpreter, { threshold: 0, samplePeriod: 1, coldCode: true }),
};

for (const isa of [rv64(), rv32(), rv64({ extensions: ["Zifencei"] })]) {
  const profile = riscvProfile(isa);
  for (const [name, engine] of Object.entries(engines)) {
    describeEngine(framework, `${name}, ${isa.name}`, { engine, reference, profile });
  }
}
