/** Where and why engines stop: budgets, breakpoints, illegal words. */
import { linearScan } from "@isovm/decoder";
import fc from "fast-check";
import { nearMisses } from "../arbitraries/instructions.ts";
import { programs } from "../arbitraries/programs.ts";
import { Bench, exitText } from "../differential/bench.ts";
import { assertSame } from "../differential/property.ts";
import { fuzzRuns } from "../differential/runs.ts";
import { bytesOf } from "../program/encoded.ts";
import { codeStart } from "../program/layout.ts";
import { check, type EngineUnderTest, type TestFramework } from "./framework.ts";
import { Scene } from "./scene.ts";

/** Registers the tests of random programs, budgets, breakpoints and illegal words. */
export function describeStops(framework: TestFramework, tested: EngineUnderTest): void {
  const { describe, it } = framework;
  const { engine, reference, profile, runs = 150 } = tested;
  const { isa } = profile;
  const budgets = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });

  it("does what the reference does, instruction by instruction", () => {
    const benches = [new Bench(isa, reference), new Bench(isa, engine)] as const;
    fc.assert(assertSame(profile, benches, programs(profile)), fuzzRuns(runs));
  });

  it("does what the reference does in runs of any length", () => {
    const benches = [new Bench(isa, reference), new Bench(isa, engine)] as const;
    fc.assert(assertSame(profile, benches, programs(profile), budgets), fuzzRuns(runs));
  });

  it("sees what it stored to its own code, after a fence", () => {
    const benches = [new Bench(isa, reference), new Bench(isa, engine)] as const;
    const tests = programs(profile, { writesCode: "fenced" });
    fc.assert(assertSame(profile, benches, tests, budgets), fuzzRuns(runs));
  });

  it("stops in the same states, however its work is split into runs", () => {
    const benches = [new Bench(isa, engine), new Bench(isa, engine)] as const;
    const options = { secondBudgets: [1_000] };
    fc.assert(assertSame(profile, benches, programs(profile), budgets, options), fuzzRuns(runs));
  });

  describe("an illegal word", () => {
    const scene = new Scene(profile, engine);
    it("stops it with its bits and length", () => {
      const sizes = new Set(isa.instructions.map((row) => row.sizeBytes));
      const scans = new Map([...sizes].map((sizeBytes) => [sizeBytes, linearScan(isa, sizeBytes)]));
      const illegal = nearMisses(isa).filter(
        ({ bits, sizeBytes }) => scans.get(sizeBytes)?.(bits) === undefined,
      );
      const property = fc.property(illegal, (word) => {
        const length = lengthOf(profile, bytesOf([word], isa.framing.byteOrder));
        fc.pre(length === word.sizeBytes);
        scene.reset();
        scene.place(codeStart, [word]);
        scene.bench.engine.state.pc = BigInt(codeStart);
        const expected = `illegal 0x${word.bits.toString(16)} (${word.sizeBytes} bytes)`;
        scene.stopsWithoutTrace("an illegal word", expected);
      });
      fc.assert(property, fuzzRuns(runs * 3));
    });
  });

  describe("a breakpoint", () => {
    const scene = new Scene(profile, engine);
    const nop = profile.nops[0] ?? profile.exit;
    const at = (index: number): number => codeStart + index * nop.sizeBytes;
    const begin = (): void => {
      scene.reset();
      scene.place(codeStart, [nop, nop, nop, nop, profile.exit]);
    };

    it("stops before its instruction", () => {
      begin();
      scene.bench.engine.breakpoints.add(BigInt(at(2)));
      scene.run(at(0), { exit: "breakpoint", at: at(2) });
    });

    it("doesn't stop the first instruction of a run", () => {
      begin();
      scene.bench.engine.breakpoints.add(BigInt(at(2)));
      scene.runToExit(at(2), at(4));
    });

    it("yields to a budget that ends there, and to nothing once it is gone", () => {
      begin();
      const { breakpoints } = scene.bench.engine;
      breakpoints.add(BigInt(at(2)));
      scene.run(at(0), { exit: "budget", at: at(2) }, 2);
      scene.run(at(0), { exit: "breakpoint", at: at(2) }, 3);
      breakpoints.delete(BigInt(at(2)));
      scene.runToExit(at(0), at(4));
    });
  });

  it("counts what it retires, and not what it stops at", () => {
    const scene = new Scene(profile, engine);
    const nop = profile.nops[0] ?? profile.exit;
    scene.reset();
    scene.place(codeStart, [nop, nop, profile.exit]);
    const before = scene.bench.engine.retired;
    scene.bench.engine.state.pc = BigInt(codeStart);
    check("the exit", exitText(scene.bench.engine.run(10)), `effect ${profile.exitEffect}`);
    check("instructions retired", scene.bench.engine.retired - before, 2n);
  });

  it("keeps a state that is saved and loaded", () => {
    const scene = new Scene(profile, engine);
    scene.reset();
    const { state } = scene.bench.engine;
    state.reservation = 64n;
    state.pc = BigInt(codeStart);
    const saved = state.save();
    const before = scene.snapshot();
    scene.reset();
    scene.write(profile.counter, 99n);
    state.reservation = undefined;
    state.load(saved);
    const after = scene.snapshot();
    check("registers", `${after.registers}`, `${before.registers}`);
    check("the reservation", `${after.reservation}`, "64");
  });
}

function lengthOf({ isa }: EngineUnderTest["profile"], bytes: Uint8Array): number {
  const { parcelBytes, lengths, byteOrder } = isa.framing;
  const parcelOf =
    byteOrder === "little" ? bytes.slice(0, parcelBytes).reverse() : bytes.slice(0, parcelBytes);
  const parcel = parcelOf.reduce((sum, byte) => sum * 256 + byte, 0);
  return lengths.find(({ mask, match }) => (parcel & mask) === match)?.sizeBytes ?? parcelBytes;
}
