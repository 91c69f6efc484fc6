/** Random programs reach every row, every branch of its IR and every way that it can stop. */
import { reference } from "@isovm/interpreter";
import type { Instruction } from "@isovm/isa-spec";
import { rv32, rv64 } from "@isovm/riscv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { programs } from "../arbitraries/programs.ts";
import { Bench } from "../differential/bench.ts";
import { execute } from "../differential/execute.ts";
import { riscvProfile } from "../profiles/riscv.ts";
import { Coverage } from "./coverage.ts";

describe.each([rv64(), rv32()].map((isa) => [isa.name, isa] as const))("%s", (_, isa) => {
  const coverage = new Coverage(isa);
  const profile = riscvProfile(coverage.isa);
  const bench = new Bench(coverage.isa, reference, coverage.intrinsics);
  const run = (numRuns: number, seed: number, only?: Instruction): void => {
    const rules = only && { rows: (row: Instruction) => row.mnemonic === only.mnemonic };
    for (const test of fc.sample(programs(profile, rules), { numRuns, seed })) {
      execute(profile, bench, test, (exit) => {
        const bytes = bench.instructionBytes(bench.engine.state.pc);
        const bits = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
        coverage.stopped(exit, bits, bytes.length);
      });
    }
  };

  it("programs of all rows execute every row to its end", () => {
    run(3000, 1);
    const missed = [...coverage.missing()].filter(([, places]) =>
      places.some((place) => place === "begin" || place === "end"),
    );
    expect(missed).toEqual([]);
  });

  it("programs of one row take its branches, and all that can stop it does", () => {
    [...coverage.missing().keys()].forEach((row, index) => {
      for (let round = 1; round <= 5 && coverage.missing().has(row); round += 1) {
        run(100, 1000 * round + index, row);
      }
    });
    const missed = [...coverage.missing()].flatMap(([{ mnemonic }, places]) =>
      places.map((place) => `${mnemonic}: ${place}`),
    );
    expect(missed).toEqual([]);
  });
});
