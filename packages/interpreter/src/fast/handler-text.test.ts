import { rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { handlerText } from "./handler-text.ts";

const isa = rv64();

const textOf = (mnemonic: string): string => {
  const row = isa.instructions.find((candidate) => candidate.mnemonic === mnemonic);
  if (!row) throw new Error(mnemonic);
  return handlerText(isa, row);
};

describe("a handler's text", () => {
  it("is what the row does, and the next record's dispatch", () => {
    const text = textOf("add");
    expect(text).toContain("(i64.add ");
    expect(text).toMatch(/^\(local\.set /);
    expect(text).toMatch(/\(br \$dispatch\)$/);
  });

  it.each(["beq", "ecall", "ld", "fadd.d", "amoadd.w{ordering}", "c.addi"])(
    "%s has one",
    (name) => {
      const text = textOf(name);
      expect(text.split("(")).toHaveLength(text.split(")").length);
      expect(text).toMatch(/\$(dispatch|leave)/);
    },
  );
});
