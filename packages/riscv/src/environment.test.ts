import { bits, illegal, intrinsic, lintIsa, singleRegister, when } from "@isovm/isa-spec";
import { describe, expect, it } from "vitest";
import { type Environment, riscv, rv64 } from "./index.ts";

/** What a privileged part would bring: a mode, scratch registers, host functions, FS. */
const mode = singleRegister("mode", 2);
const scratch = singleRegister("mscratch", 64);
const floatState = singleRegister("fs", 2);

const privileged: Environment<64> = {
  floatHooks: {
    check: () => when(floatState.read().equal(0), () => illegal()),
    dirty: () => floatState.write(bits(2, 3)),
  },
  registers: [mode.definition, scratch.definition, floatState.definition],
  controlRegisters: ({ table }) => ({
    table: [
      ...table,
      {
        number: 0x340,
        name: "mscratch",
        read: () => scratch.read(),
        write: (value) => scratch.write(value),
      },
    ],
    check: (number) =>
      when(mode.read().lessUnsigned(number.extract(8, 2)), () => {
        illegal();
      }),
    others: {
      read: (number) => intrinsic("readControlRegister", 64, [number]),
      write: (number, value) => {
        intrinsic("writeControlRegister", 64, [number, value], { writes: ["mode"] });
      },
    },
  }),
};

describe("a privileged environment", () => {
  const isa = riscv(64, {}, privileged);

  it("attaches to the unprivileged rows without changing them", () => {
    expect(isa.instructions.map((row) => row.mnemonic)).toEqual(
      rv64().instructions.map((row) => row.mnemonic),
    );
    expect(isa.registers.map(({ name }) => name)).toContain("mscratch");
    expect(lintIsa(isa)).toEqual([]);
  });

  it("is asked first, in control-register and floating-point instructions", () => {
    const body = (mnemonic: string): readonly string[] =>
      isa.instructions
        .find((row) => row.mnemonic === mnemonic)
        ?.semantics.body.slice(0, 2)
        .map(({ kind }) => kind) ?? [];
    expect(body("fadd.d")).toEqual(["readRegister", "if"]);
    expect(body("c.fld")).toEqual(["readRegister", "if"]);
    expect(body("csrrwi")).toEqual(["readRegister", "if"]);
  });
});
