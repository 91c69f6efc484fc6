/**
 * Engines against the reference evaluator where the same virtual pages hold different code and data
 * in different translation contexts, which change between and behind runs.
 */
import { assemble } from "@isovm/decoder";
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { rv64 } from "@isovm/riscv";
import { tiered } from "@isovm/translator";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzzRuns, fuzzTimeout } from "../differential/runs.ts";
import { codePages, type SpaceStep, Spaces, spaceKeys, virtualPages } from "./spaces.ts";

const isa = rv64();

/** What pages of code are made of. */
const pieces = [
  "addi x5, x5, 3",
  "add x6, x6, x5",
  "xor x7, x7, x6",
  "sd x6, 8(x8)",
  "ld x7, 16(x8)",
  "sd x7, 2044(x8)",
  "lw x5, 2047(x8)",
  "sh x5, 64(x9)",
  "sw x11, 68(x9)",
  "amoadd.d x6, x5, (x8)",
  "lr.d x12, (x8)\nsc.d x12, x5, (x8)",
  "li x10, 5\n1: add x6, x6, x10\naddi x10, x10, -1\nbnez x10, 1b",
];

/** A page of code, which goes on in one of two others, so many pages on. */
const codePage = fc
  .record({
    body: fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 30 }),
    onward: fc.tuple(fc.nat({ max: codePages - 1 }), fc.nat({ max: codePages - 1 })),
  })
  .map(({ body, onward: [one, other] }) => {
    const text = `
      ${body.join("\n")}
      andi x13, x6, 1
      beqz x13, 2f
      lui x13, ${one}
      j 3f
    2: lui x13, ${other}
    3: add x14, x14, x13
      lui x13, ${codePages}
      blt x14, x13, 4f
      sub x14, x14, x13
    4: add x13, x14, x15
      jr x13`;
    return assemble(isa, text, { origin: 0n }).bytes;
  });

/** Instructions that the host writes over others: two that compute, one that spins, one that traps. */
const word = fc.constantFrom(0x00128293, 0x00530333, 0x0000006f, 0x00000073);
const page = fc.nat({ max: virtualPages - 1 });
/** Few frames for each page, so that it comes back to one that it had. */
const frame = fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 1 }) }, page);
const key = fc.constantFrom(...spaceKeys);
const step: fc.Arbitrary<SpaceStep> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({ kind: fc.constant("run"), budget: fc.integer({ min: 1, max: 300 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("select"), key }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("map"), key, page, frame, all: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("patch"), page, offset: fc.nat({ max: 30 }), word }),
  },
);
const guests = fc.record({
  code: fc.array(codePage, { minLength: codePages, maxLength: codePages }),
  maps: fc.array(fc.array(frame, { minLength: virtualPages, maxLength: virtualPages }), {
    minLength: spaceKeys.length,
    maxLength: spaceKeys.length,
  }),
  steps: fc.array(step, { minLength: 10, maxLength: 50 }),
});

const eager = { threshold: 0, samplePeriod: 1, coldCode: true };
const pairs: readonly (readonly [string, EngineFactory, EngineFactory, number])[] = [
  ["reference = interpreter", reference, interpreter, 25],
  ["interpreter = eager translator", interpreter, tiered(interpreter, eager), 40],
  [
    "interpreter = translator of what was executed",
    interpreter,
    tiered(interpreter, { threshold: 0, samplePeriod: 3 }),
    40,
  ],
  [
    "interpreter = translator of few regions",
    interpreter,
    tiered(interpreter, { threshold: 0, samplePeriod: 2, cacheLimit: 3 }),
    40,
  ],
];

describe("in changing address spaces", () => {
  it.each(pairs)("%s", { timeout: fuzzTimeout(60_000) }, (_, expected, actual, runs) => {
    let regions = 0;
    fc.assert(
      fc.property(guests, ({ code, maps, steps }) => {
        const a = new Spaces(isa, expected, code, maps);
        const b = new Spaces(isa, actual, code, maps);
        for (const one of steps) expect(b.take(one)).toEqual(a.take(one));
        const { ram } = a.memory;
        expect(b.memory.ram.every((byte, index) => byte === ram[index])).toBe(true);
        regions += b.engine.statistics().regions ?? 0;
      }),
      fuzzRuns(runs),
    );
    expect(regions > 100).toBe(actual !== interpreter);
  });
});
