import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "./module-builder.ts";
import type { Local } from "./types.ts";

describe("FunctionBuilder.scope", () => {
  it("hands out the locals of ended scopes again, by type and name", () => {
    const module = new ModuleBuilder();
    const locals: Local[] = [];
    const index = module.declareFunction("f", ["i32"], ["i32"], ["a"]);
    module.defineFunction(index, (code) => {
      const outside = code.local("i32", "x");
      code.scope(() => {
        locals.push(outside, code.local("i32", "x"), code.local("i64", "x"));
        code.scope(() => locals.push(code.local("i32", "x")));
      });
      code.scope(() => {
        locals.push(code.local("i32", "x"), code.local("i32", "x"), code.local("i32", "y"));
      });
      locals.push(code.local("i32", "x"));
      code.i32Const(1);
    });
    module.exportFunction("f", index);
    const [outside, first, wide, inner, again, both, other, last] = locals;
    expect(new Set([outside, first, wide, inner, other, last]).size).toBe(6);
    expect(new Set([again, both])).toEqual(new Set([first, inner]));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()));
    expect((instance.exports.f as (a: number) => number)(0)).toBe(1);
  });
});
