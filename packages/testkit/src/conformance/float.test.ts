/** isa-spec's floating point against QEMU's, over every instruction of F, D and Zfh and every rounding mode. */

import { float } from "@isovm/isa-spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasOracles } from "../oracle/index.ts";
import {
  askFloatOracle,
  type FloatAnswer,
  type FloatCase,
  type FloatInstruction,
  floatInstructions,
} from "./float-oracle.ts";
import { floatPatterns } from "./float-patterns.ts";

const casesPerInstruction = 800;

function evaluate({ operator, format, otherWidth }: FloatInstruction, test: FloatCase) {
  const { mode, operands } = test;
  const context = {
    format: float.formatOf(format),
    otherWidth,
    mode,
    policy: float.riscvFloatPolicy,
  };
  return float.evaluateFloat(operator, context, ...operands);
}

/** Integers around the powers of two, where conversions round and clip. */
const integers = fc
  .tuple(fc.nat({ max: 64 }), fc.bigInt({ min: -3n, max: 3n }), fc.boolean())
  .map(([power, offset, negative]) => {
    const value = (1n << BigInt(power)) + offset;
    return BigInt.asUintN(64, negative ? -value : value);
  });

function operandsOf(row: FloatInstruction): fc.Arbitrary<readonly [bigint, bigint, bigint]> {
  if (row.operator.startsWith("from")) {
    const any = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    return fc.oneof(any, integers).map((a) => [BigInt.asUintN(row.otherWidth, a), 0n, 0n]);
  }
  const format = float.formatOf(row.format);
  const pattern = floatPatterns(format);
  const near = (bits: bigint, offset: bigint) => BigInt.asUintN(row.format, bits + offset);
  const result = (operator: "multiply" | "divide", a: bigint, b: bigint) =>
    evaluate({ ...row, operator }, { instruction: 0, mode: 0, operands: [a, b, 0n] }).value;
  const sign = 1n << BigInt(row.format - 1);
  const offsets = fc.bigInt({ min: -2n, max: 2n });
  const free = fc.tuple(pattern, pattern, pattern);
  const alike = fc
    .tuple(pattern, fc.boolean(), pattern, offsets)
    .map(([a, negated, c, offset]) => [a, near(negated ? a ^ sign : a, offset), c] as const);
  // The second operand brings the result to the smallest normal number, or to the largest.
  const { fractionBits } = format;
  const ends = fc.constantFrom(1n << BigInt(fractionBits), float.largestFinite(format, false));
  const atEnds = fc.tuple(pattern, ends, pattern, offsets).map(([a, end, c, offset]) => {
    const b = row.operator === "divide" ? result("divide", a, end) : result("divide", end, a);
    return [a, near(b, offset), c] as const;
  });
  // The third operand is near the negated product, so that the sum cancels down to its tail.
  const cancelling = fc
    .tuple(pattern, pattern, offsets)
    .map(([a, b, offset]) => [a, b, near(result("multiply", a, b) ^ sign, offset)] as const);
  return fc.oneof(free, free, alike, atEnds, cancelling);
}

describe.skipIf(!hasOracles("qemu-riscv64", "riscv64-linux-gnu-gcc"))("QEMU agrees on", () => {
  const cases = floatInstructions.map((row, instruction) =>
    fc
      .sample(fc.tuple(operandsOf(row), fc.nat({ max: 4 })), casesPerInstruction)
      .map(([operands, mode]): FloatCase => ({ instruction, mode, operands })),
  );
  let answers: Promise<FloatAnswer[]> | undefined;

  it.each(floatInstructions.map((row, index) => [row.mnemonic, row, index] as const))(
    "%s",
    async (_, row, index) => {
      answers ??= askFloatOracle(cases.flat());
      const own = cases[index] ?? [];
      const theirs = (await answers).slice(index * casesPerInstruction);
      const width =
        row.operator === "convertFormat" || row.operator.startsWith("to")
          ? row.otherWidth
          : row.format;
      for (const [i, test] of own.entries()) {
        const answer = theirs[i];
        const { value, flags } = evaluate(row, test);
        const shown = test.operands.map((operand) => operand.toString(16)).join(" ");
        expect(
          { value: value.toString(16), flags },
          `${row.mnemonic} ${shown}, rounding mode ${test.mode}`,
        ).toEqual({
          value: BigInt.asUintN(width, answer?.value ?? 0n).toString(16),
          flags: answer?.flags,
        });
      }
    },
  );
});
