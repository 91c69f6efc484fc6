import { expect, it } from "vitest";
import { FragmentBuilder, fragmentLocals } from "./fragment.ts";
import { ModuleBuilder } from "./module-builder.ts";
import type { FunctionIndex } from "./types.ts";

/** A function that begins with two parameters, and whose fragments' holes push one of them. */
function run(record: (code: FragmentBuilder<number>) => void, a: number, b: number): unknown {
  const fragment = new FragmentBuilder<number>(2, () => 0);
  record(fragment);
  const { pieces, locals } = fragment.fragment();
  const module = new ModuleBuilder();
  const index = module.declareFunction("f", ["i32", "i32"], ["i32"]);
  module.defineFunction(index, (code) => {
    for (const type of fragmentLocals([locals])) code.local(type);
    for (const piece of pieces) {
      if (piece instanceof Uint8Array) code.encoded(piece);
      else {
        const parameter = code.params[piece.hole];
        if (parameter) code.localGet(parameter);
      }
    }
  });
  module.exportFunction("f", index);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()));
  return (exports.f as (a: number, b: number) => number)(a, b);
}

it("is copied with what its holes stand for, and its locals are those of the function", () => {
  const subtract = (code: FragmentBuilder<number>): void => {
    const wide = code.local("i64");
    const narrow = code.local("i32");
    const float = code.local("f64");
    code.hole(0);
    code.i64ExtendI32S();
    code.localSet(wide);
    code.hole(1);
    code.localSet(narrow);
    code.localGet(wide);
    code.i32WrapI64();
    code.localGet(narrow);
    code.i32Sub();
    code.f64ConvertI32S();
    code.localSet(float);
    code.localGet(float);
    code.i32TruncF64S();
  };
  expect(run(subtract, 40, 2)).toBe(38);
  expect(run(subtract, -40, 2)).toBe(-42);
});

it("tells how deep its holes are, and leaves holes for calls", () => {
  const code = new FragmentBuilder<string>(0, (callee) => `call ${callee}`);
  code.hole("out");
  code.block(() => {
    code.loop(() => code.hole("in"));
    code.call(7 as FunctionIndex);
  });
  const holes = code.fragment().pieces.filter((piece) => !(piece instanceof Uint8Array));
  expect(holes).toEqual([
    { hole: "out", depth: 0 },
    { hole: "in", depth: 2 },
    { hole: "call 7", depth: 1 },
  ]);
});

it("takes a limited number of locals", () => {
  const code = new FragmentBuilder<never>(0, () => {
    throw new Error("there are no calls");
  });
  for (let count = 0; count < 100; count += 1) code.local("i64");
  expect(() => code.fragment()).toThrow("pairs of locals");
  expect(() => code.local("f32")).toThrow("f32");
});
