/** isa-spec's floating point against QEMU's, over every instruction of F, D and Zfh and every rounding mode. */

import { float } from "@isovm/isa-spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { floatOperands } from "../arbitraries/float-patterns.ts";
import { hasOracles } from "../oracle/index.ts";
import {
  askFloatOracle,
  type FloatAnswer,
  type FloatCase,
  type FloatInstruction,
  floatInstructions,
} from "./float-oracle.ts";

const casesPerInstruction = 800;

function evaluate({ operator, format, otherWidth }: FloatInstruction, test: FloatCase) {
  const { mode, operands } = test;
  const context = {
    format: float.formatOf(format),
    otherWidth,
    mode,
    policy: float.canonicalFloatPolicy,
  };
  return float.evaluateFloat(operator, context, ...operands);
}

describe.skipIf(!hasOracles("qemu-riscv64", "riscv64-linux-gnu-gcc"))("QEMU agrees on", () => {
  const cases = floatInstructions.map((row, instruction) =>
    fc
      .sample(fc.tuple(floatOperands(row), fc.nat({ max: 4 })), casesPerInstruction)
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
