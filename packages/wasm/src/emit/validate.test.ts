import { describe, expect, it } from "vitest";
import { ValidationError } from "./errors.ts";
import type { FunctionBuilder } from "./function-builder.ts";
import { ModuleBuilder } from "./module-builder.ts";
import type { Local, ValueType } from "./types.ts";

function emit(
  results: readonly ValueType[],
  body: (code: FunctionBuilder) => void,
  validate: boolean,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ validate });
  module.addTable({ initial: 1 });
  const index = module.declareFunction("step", ["i32"], results);
  module.defineFunction(index, body);
  return module.toBytes();
}

const wrong: [string, readonly ValueType[], (code: FunctionBuilder) => void, RegExp][] = [
  [
    "operand of another type",
    [],
    (code) => {
      code.i64Const(1);
      code.i32Const(1);
      code.i64Add();
    },
    /in function "step", instruction 3: i64.add expects i64, but the operand is i32; .*\[i64 i32\]/,
  ],
  ["missing operand", [], (code) => code.i32Eqz(), /i32.eqz expects i32, but the stack is empty/],
  ["dropping nothing", [], (code) => code.drop(), /drop expects an operand, but the stack is emp/],
  ["missing result", ["i32"], () => undefined, /end expects i32, but the stack is empty/],
  ["extra result", [], (code) => code.i32Const(1), /end 1 more operand than the function yields/],
  ["wrong result", ["i64"], (code) => code.i32Const(1), /end expects i64, but the operand is i32/],
  [
    "operands of the enclosing construct",
    [],
    (code) => {
      code.i32Const(1);
      code.block(() => code.drop());
    },
    /drop expects an operand/,
  ],
  [
    "if without else that has a result",
    ["i32"],
    (code) => {
      code.i32Const(1);
      code.if("i32", () => code.i32Const(1));
    },
    /needs an else/,
  ],
  [
    "branch without the label's operand",
    ["i32"],
    (code) => code.block("i32", (label) => code.br(label)),
    /br expects i32/,
  ],
  [
    "labels of different types",
    ["i32"],
    (code) =>
      code.block("i32", (outer) => {
        code.block((inner) => {
          code.i32Const(0);
          code.brTable([outer], inner);
        });
        code.i32Const(1);
      }),
    /br_table has labels that differ in type: \(i32\) and \(\)/,
  ],
  [
    "select of two types",
    [],
    (code) => {
      code.i32Const(0);
      code.i64Const(0);
      code.i32Const(0);
      code.select();
      code.drop();
    },
    /select expects i64, but the operand is i32/,
  ],
  [
    "tail call of another type",
    ["i32"],
    (code) => {
      code.i32Const(0);
      code.returnCallIndirect({ params: [], results: ["i64"] });
    },
    /the callee returns \(i64\), the function \(i32\)/,
  ],
  ["memory access without memory", [], (code) => code.memorySize(), /the module has no memory/],
  [
    "local of another type",
    [],
    (code) => {
      code.i64Const(0);
      code.localSet(code.params[0] as Local);
    },
    /local.set expects i32, but the operand is i64/,
  ],
  [
    "unreachable code with a wrong operand",
    [],
    (code) => {
      code.return();
      code.i32Const(0);
      code.i64Eqz();
      code.drop();
    },
    /i64.eqz expects i64/,
  ],
];

const right: [string, readonly ValueType[], (code: FunctionBuilder) => void][] = [
  ["unreachable code", ["i64"], (code) => code.unreachable()],
  [
    "operands from nowhere after a branch",
    ["i32"],
    (code) => {
      code.block("i32", (label) => {
        code.i32Const(1);
        code.br(label);
        code.i32Add();
        code.select();
        code.i32Eqz();
      });
    },
  ],
  [
    "both parts of an if leave by branches",
    ["i32"],
    (code) => {
      code.i32Const(1);
      code.if(
        "i32",
        () => {
          code.i32Const(1);
          code.return();
        },
        () => code.unreachable(),
      );
    },
  ],
];

describe("validation", () => {
  it.each(wrong)("reports: %s", (_, results, body, message) => {
    expect(() => emit(results, body, true)).toThrow(ValidationError);
    expect(() => emit(results, body, true)).toThrow(message);
    expect(WebAssembly.validate(emit(results, body, false))).toBe(false);
  });

  it.each(right)("accepts: %s", (_, results, body) => {
    expect(WebAssembly.validate(emit(results, body, true))).toBe(true);
  });

  it("reports a local of another function", () => {
    const module = new ModuleBuilder({ validate: true });
    const [first, second] = ["first", "second"].map((name) =>
      module.declareFunction(name, ["i32"], []),
    );
    let stray: Local | undefined;
    module.defineFunction(first as never, (code) => {
      stray = code.params[0];
    });
    expect(() =>
      module.defineFunction(second as never, (code) => code.localGet(stray as Local)),
    ).toThrow(/in function "second", instruction 1: local.get local 0 is another function's/);
  });
});
