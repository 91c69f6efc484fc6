/** Both engines against QEMU over random straight-line programs and programs of bounded loops. */
import { interpreter, reference } from "@isovm/interpreter";
import { type ExtensionName, rv32, rv64 } from "@isovm/riscv";
import fc from "fast-check";
import { describe, it } from "vitest";
import { Bench } from "../../differential/bench.ts";
import { fuzzRuns, fuzzTimeout } from "../../differential/runs.ts";
import { hasOracles } from "../../oracle/index.ts";
import { riscvProfile } from "../../profiles/riscv.ts";
import { agreesWithQemu } from "./agreement.ts";
import { oraclePrograms, oracleWords } from "./programs.ts";

// Zicond came to QEMU in 8.0; the counters of two machines are never alike.
const extensions: readonly ExtensionName[] = [
  ..."IMAFDC",
  "Zicsr",
  "Zifencei",
  "Zihintpause",
  "Zba",
  "Zbb",
  "Zbs",
] as readonly ExtensionName[];

const isas = [rv64({ extensions }), rv32({ extensions })];

describe
  .skipIf(!hasOracles("qemu-riscv64", "qemu-riscv32"))
  .each(isas.map((isa) => [isa.addressWidth, isa] as const))("QEMU agrees, RV%i", (_, isa) => {
  const profile = riscvProfile(isa);
  const benches = [new Bench(isa, reference), new Bench(isa, interpreter)];

  it("on single instructions", { timeout: fuzzTimeout(60_000) }, async () => {
    const property = agreesWithQemu(profile, benches, oraclePrograms(profile, 1));
    await fc.assert(property, fuzzRuns(8));
  });

  it("on programs", { timeout: fuzzTimeout(60_000) }, async () => {
    const property = agreesWithQemu(profile, benches, oraclePrograms(profile, 30));
    await fc.assert(property, fuzzRuns(6));
  });

  it("on what is no instruction", { timeout: fuzzTimeout(60_000) }, async () => {
    const property = agreesWithQemu(profile, benches, oracleWords(profile, 12));
    await fc.assert(property, fuzzRuns(8));
  });
});
