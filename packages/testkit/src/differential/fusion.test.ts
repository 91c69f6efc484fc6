/** The fast interpreter with very many fused pairs against the reference, over random programs. */
import { interpreter, reference } from "@isovm/interpreter";
import type { Isa } from "@isovm/isa-spec";
import { rv64 } from "@isovm/riscv";
import fc from "fast-check";
import { describe, it } from "vitest";
import { programs } from "../arbitraries/programs.ts";
import { riscvProfile } from "../profiles/riscv.ts";
import { Bench } from "./bench.ts";
import { assertSame } from "./property.ts";
import { fuzzRuns } from "./runs.ts";

/** Every third pair of instructions is fused. */
function dense(isa: Isa): Isa {
  const names = isa.instructions.map(({ mnemonic }) => mnemonic);
  const frequentPairs = Object.fromEntries(
    names.map((first, a) => [first, names.filter((_, b) => (a + b) % 3 === 0)]),
  );
  return { ...isa, frequentPairs };
}

describe("reference = interpreter with fused pairs", () => {
  const isa = dense(rv64({ extensions: ["M", "C"] }));
  const profile = riscvProfile(isa);
  const benches = [new Bench(isa, reference), new Bench(isa, interpreter)] as const;

  it("in runs of any length", () => {
    const budgets = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
    fc.assert(assertSame(profile, benches, programs(profile), budgets), fuzzRuns(600));
  });
});
