/** Instructions that the hart reads itself, at any alignment. */
import { reference } from "@isovm/interpreter";
import { describe, expect, it } from "vitest";
import { riscvSystem } from "./system.ts";
import { TestMachine } from "./testing/test-machine.ts";

const system = riscvSystem();

describe("an instruction that the hart executes", () => {
  it.each([4096, 4098, 8190, 8188])(
    "is read at offset %i, whatever words and pages it is in",
    (offset) => {
      const machine = new TestMachine(
        system,
        reference,
        `
      la t0, there
      jr t0
      .zero ${offset - 12}
      there:
      csrrwi a1, mcounteren, 21
      end: j end
      `,
      );
      expect(machine.symbols.get("there")).toBe(0x8000_0000n + BigInt(offset));
      expect(machine.run("end")).toEqual({ kind: "continue" });
      expect(machine.hart.save()).toMatchObject({ values: { mcounteren: "21" } });
    },
  );
});
