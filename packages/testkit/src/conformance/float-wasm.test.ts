/** The WebAssembly float library against isa-spec's definition: values and flags, all modes, flags accrued or not. */
import { type FloatPolicy, float } from "@isovm/isa-spec";
import { FloatLibrary, floatImports, ModuleBuilder } from "@isovm/wasm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FloatOperation, floatOperands } from "../arbitraries/float-patterns.ts";

const names = Object.keys(float.floatOperatorRows) as float.FloatOperatorName[];
const operations: readonly FloatOperation[] = names.flatMap((operator) =>
  [16, 32, 64].flatMap((format) => {
    const { other } = float.floatOperatorRows[operator];
    const widths = { none: [0], resultFormat: [16, 32, 64] }[other as "none"] ?? [8, 32, 64];
    return widths
      .filter((otherWidth) => otherWidth !== format || other !== "resultFormat")
      .map((otherWidth) => ({ operator, format, otherWidth }));
  }),
);

const nameOf = ({ operator, format, otherWidth }: FloatOperation) =>
  `${operator}_${format}_${otherWidth}`;

const sse: FloatPolicy = {
  nan: "first-operand",
  defaultNanNegative: true,
  tininess: "after",
  fusedInvalid: "propagate",
  invalidInteger: "indefinite",
};
const policies: readonly (readonly [string, FloatPolicy])[] = [
  ["RISC-V", float.canonicalFloatPolicy],
  ["SSE", sse],
  ["tininess before rounding", { ...float.canonicalFloatPolicy, tininess: "before" }],
];

type WasmNumber = number | bigint;

describe.each(policies)("with the policy of %s", (_, policy) => {
  const module = new ModuleBuilder({ validate: true });
  const library = new FloatLibrary(module, policy);
  for (const operation of operations) {
    const { operator, format, otherWidth } = operation;
    module.exportFunction(nameOf(operation), library.function(operator, format, otherWidth));
    const { params, results } = library.signature(operator, format, otherWidth);
    const inline = module.declareFunction("inline", params, results);
    module.defineFunction(inline, (code) => {
      for (const parameter of code.params) code.localGet(parameter);
      library.emit(code, operator, format, otherWidth);
    });
    module.exportFunction(`${nameOf(operation)}_inline`, inline);
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), {
    ...floatImports(policy),
  });

  it.each(operations.map((operation) => [nameOf(operation), operation] as const))(
    "%s is what isa-spec defines",
    (name, operation) => {
      const { operator, format, otherWidth } = operation;
      const { params, results } = library.signature(operator, format, otherWidth);
      const arity = float.floatOperatorRows[operator].arity;
      const variants = [name, `${name}_inline`].map(
        (variant) => exports[variant] as (...values: WasmNumber[]) => [WasmNumber, number],
      );
      fc.assert(
        fc.property(
          floatOperands(operation),
          fc.oneof(fc.constant(0), fc.nat(7)),
          fc.constantFrom(0, float.flag.inexact, 3, 16, 31),
          (operands, mode, accrued) => {
            const [a, b, c] = operands;
            const context = { format: float.formatOf(format), otherWidth, mode, policy };
            const expected = float.evaluateFloat(operator, context, a, b, c);
            const values = operands
              .slice(0, arity)
              .map((value, index) => (params[index] === "i32" ? Number(value) : value));
            const width = results[0] === "i32" ? 32 : 64;
            for (const call of variants) {
              const [value, flags] = call(...values, mode, accrued);
              expect({ value: BigInt.asUintN(width, BigInt(value)).toString(16), flags }).toEqual({
                value: expected.value.toString(16),
                flags: expected.flags | accrued,
              });
            }
          },
        ),
        { numRuns: operator === "fusedMultiplyAdd" ? 2000 : 400 },
      );
    },
  );
});
