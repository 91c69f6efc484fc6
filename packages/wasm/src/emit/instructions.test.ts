import { describe, expect, it } from "vitest";
import type { FunctionBuilder } from "./function-builder.ts";
import { ModuleBuilder } from "./module-builder.ts";
import { type Instruction, instructions, methodName } from "./opcodes.ts";
import type { ValueType } from "./types.ts";

function constantOf(code: FunctionBuilder, type: ValueType): void {
  if (type === "i32") code.i32Const(1);
  else if (type === "i64") code.i64Const(1);
  else if (type === "f32") code.f32Const(1);
  else code.f64Const(1);
}

function moduleWith(row: Instruction): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ validate: true });
  module.addMemory({ initial: 1 });
  const index = module.declareFunction(row.mnemonic, [], row.results);
  module.defineFunction(index, (code) => {
    for (const type of row.operands) constantOf(code, type);
    if (row.mnemonic.endsWith(".const")) return constantOf(code, row.results[0] ?? "i32");
    const methods: Partial<Record<string, () => void>> = code as object;
    const method = methods[methodName(row.mnemonic)];
    expect(method).toBeTypeOf("function");
    method?.call(code);
  });
  return module.toBytes();
}

describe("instructions with a fixed signature", () => {
  it.each(instructions.filter((row) => !row.structural).map((row) => [row.mnemonic, row] as const))(
    "%s is accepted by the host",
    (_, row) => {
      expect(WebAssembly.validate(moduleWith(row))).toBe(true);
    },
  );
});

describe("the table", () => {
  it("has no opcode twice", () => {
    expect(new Set(instructions.map((row) => row.opcode)).size).toBe(instructions.length);
  });

  it("has every opcode from i32.load to i64.extend32_s", () => {
    const opcodes = new Set(instructions.map((row) => row.opcode));
    for (let opcode = 0x28; opcode <= 0xc4; opcode++) expect(opcodes).toContain(opcode);
  });
});
