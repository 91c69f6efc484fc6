/** The functions behind operators; what they compute is tested with the operators themselves. */
import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "../emit/index.ts";
import { RuntimeLibrary } from "./runtime-library.ts";

describe("the runtime library", () => {
  it("has each function once, and only those that are used", () => {
    const module = new ModuleBuilder({ validate: true });
    const library = new RuntimeLibrary(module);
    const index = module.declareFunction("f", ["i32", "i32"], ["i32"]);
    module.defineFunction(index, (code) => {
      const [a, b] = code.params;
      if (!a || !b) return;
      for (const operator of ["divSigned", "remUnsigned", "divSigned"] as const) {
        code.localGet(a);
        code.localGet(b);
        library.call(code, operator, 32);
        code.localSet(a);
      }
      code.localGet(a);
    });
    const text = module.toText();
    expect(text.match(/\(func \$\w+/g)).toEqual([
      "(func $f",
      "(func $divSigned32",
      "(func $remUnsigned32",
    ]);
  });

  it("has nothing for what is lowered inline", () => {
    const module = new ModuleBuilder();
    const library = new RuntimeLibrary(module);
    const index = module.declareFunction("f", [], []);
    module.defineFunction(index, (code) => {
      expect(() => library.call(code, "add", 32)).toThrow(/add is lowered inline/);
    });
  });
});
