/** The WebAssembly float library against isa-spec's definition: values and flags, all modes, flags accrued or not. */
import { type FloatPolicy, float } from "@isovm/isa-spec";
import {
  binary64Patterns,
  FloatLibrary,
  floatImports,
  type InlineFloatOptions,
  ModuleBuilder,
} from "@isovm/wasm";
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

/** What surroundings of an operation that is emitted in place can know and ask for. */
const inPlace: readonly (InlineFloatOptions & { readonly leaves: boolean })[] = [
  undefined,
  ...Object.values(float.rounding),
].flatMap((mode) =>
  [false, true].flatMap((steady) => [
    { mode, steady, leaves: false, asFloats: steady },
    { mode, steady, leaves: true, asFloats: !steady },
  ]),
);

type WasmNumber = number | bigint;

describe.each(policies)("with the policy of %s", (_, policy) => {
  const module = new ModuleBuilder({ validate: true });
  const library = new FloatLibrary(module, policy);
  for (const operation of operations) {
    const { operator, format, otherWidth } = operation;
    module.exportFunction(nameOf(operation), library.function(operator, format, otherWidth));
    const { params, results } = library.signature(operator, format, otherWidth);
    const wide = binary64Patterns({
      operator,
      format,
      resultWidth: results[0] === "i64" ? 64 : 32,
    });
    inPlace.forEach(({ leaves, ...options }, index) => {
      const inline = module.declareFunction("inline", params, results);
      const asFloats = options.asFloats === true;
      module.defineFunction(inline, (code) => {
        code.params.forEach((parameter, position) => {
          code.localGet(parameter);
          const isOperand = position < params.length - 2;
          if (asFloats && wide.operands && isOperand) code.f64ReinterpretI64();
        });
        const rare = (): void => {
          for (const parameter of code.params) code.localGet(parameter);
          code.call(library.function(operator, format, otherWidth));
          code.return();
        };
        library.emit(code, operator, format, otherWidth, {
          ...options,
          rare: leaves ? rare : undefined,
        });
        if (asFloats && wide.result) {
          const flags = code.local("i32");
          code.localSet(flags);
          code.i64ReinterpretF64();
          code.localGet(flags);
        }
      });
      module.exportFunction(`${nameOf(operation)}_${index}`, inline);
    });
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
      const exported = (variant: string) =>
        exports[variant] as (...values: WasmNumber[]) => [WasmNumber, number];
      const called = exported(name);
      const inline = inPlace.map((options, index) => ({
        ...options,
        call: exported(`${name}_${index}`),
      }));
      fc.assert(
        fc.property(
          floatOperands(operation),
          fc.oneof(fc.constant(0), fc.nat(7)),
          fc.constantFrom(0, float.flag.inexact, 3, 5, 13, 16, 17, 31),
          (operands, mode, accrued) => {
            const [a, b, c] = operands;
            const context = { format: float.formatOf(format), otherWidth, mode, policy };
            const expected = float.evaluateFloat(operator, context, a, b, c);
            const values = operands
              .slice(0, arity)
              .map((value, index) => (params[index] === "i32" ? Number(value) : value));
            const width = results[0] === "i32" ? 32 : 64;
            // Steady surroundings know the mode and that inexact is raised.
            const steadily = (known?: number): boolean =>
              (accrued & float.flag.inexact) !== 0 &&
              (known !== undefined || mode === float.rounding.nearestEven);
            const applicable = inline.filter(
              ({ mode: known, steady }) =>
                (known === undefined || known === mode) && (!steady || steadily(known)),
            );
            for (const { call } of [{ call: called }, ...applicable]) {
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
