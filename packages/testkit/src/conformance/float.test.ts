/** isa-spec's floating point against QEMU's, over every instruction of F, D and Zfh and every rounding mode. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateFloat, formatOf, riscvFloatPolicy } from "../../../isa-spec/src/float/index.ts";
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
  const context = { format: formatOf(format), otherWidth, mode, policy: riscvFloatPolicy };
  return evaluateFloat(operator, context, ...operands);
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
  const pattern = floatPatterns(formatOf(row.format));
  const free = fc.tuple(pattern, pattern, pattern);
  if (row.operator !== "fusedMultiplyAdd") return free;
  // A third operand near the negated product, so that the sum cancels down to the product's tail.
  const cancelling = fc
    .tuple(pattern, pattern, fc.bigInt({ min: -2n, max: 2n }))
    .map(([a, b, offset]) => {
      const product = evaluate(
        { ...row, operator: "multiply" },
        {
          instruction: 0,
          mode: 0,
          operands: [a, b, 0n],
        },
      );
      const sign = 1n << BigInt(row.format - 1);
      return [a, b, BigInt.asUintN(row.format, (product.value ^ sign) + offset)] as const;
    });
  return fc.oneof(free, cancelling);
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
