/** The functions behind operators; what they compute is tested with the operators themselves. */
import type { BinaryOperator, Expression } from "@isovm/isa-spec";
import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "../emit/index.ts";
import { RuntimeLibrary, type RuntimeLibraryOptions } from "./runtime-library.ts";

const parameters: readonly Expression[] = ["a", "b"].map((name) => ({
  kind: "field",
  width: 32,
  name,
}));
const binary = (operator: BinaryOperator): Extract<Expression, { kind: "binary" }> => {
  const [left, right] = parameters;
  if (!left || !right) throw new RangeError("there are two parameters");
  return { kind: "binary", width: 32, operator, left, right };
};

/** The text of a module whose function has the operators one after the other. */
function textOf(
  operators: readonly BinaryOperator[],
  options: RuntimeLibraryOptions = {},
): readonly string[] {
  const module = new ModuleBuilder({ validate: true });
  const library = new RuntimeLibrary(module, options);
  const index = module.declareFunction("f", ["i32", "i32"], []);
  module.defineFunction(index, (code) => {
    for (const operator of operators) {
      library.lower(code, binary(operator), (operand) => {
        const local = code.params[parameters.indexOf(operand)];
        if (local) code.localGet(local);
      });
      code.drop();
    }
  });
  return module.toText().match(/\(func \$\w+|\bif\b/g) ?? [];
}

describe("the runtime library", () => {
  it("has each function once, and only those that are used", () => {
    const functions = textOf(["remUnsigned", "mulHighSigned", "remUnsigned"]);
    expect(functions.filter((line) => line !== "if")).toEqual([
      "(func $f",
      "(func $remUnsigned32",
      "(func $mulHighSigned32",
    ]);
  });

  it("has no functions but code in place, if that is asked for", () => {
    const operators = ["remUnsigned", "mulHighSigned", "divSigned"] as const;
    expect(textOf(operators, { inline: true })).toEqual(["(func $f", "if", "if", "if"]);
  });

  it("has nothing for what is one instruction", () => {
    expect(() => textOf(["add"])).toThrow(/add is one instruction/);
    expect(() => textOf(["add"], { inline: true })).toThrow(/add is one instruction/);
  });
});
