import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { unsigned } from "../builder/operand.ts";
import { type Instruction, instruction, matches } from "../instruction.ts";
import { illegalResidue } from "./residue.ts";

const bit = fc.constantFrom("0", "1", "-");
const row: fc.Arbitrary<Instruction> = fc
  .record({
    prefix: fc.array(bit, { minLength: 5, maxLength: 5 }),
    excluded: fc.array(fc.nat({ max: 7 }), { maxLength: 3 }),
  })
  .map(({ prefix, excluded }) =>
    instruction("x", `${prefix.join("")} n:3`, {
      operands: { n: unsigned(3, 32).except(...excluded) },
      syntax: "n",
      semantics: () => {},
      manual: "none",
    }),
  );

test.prop([fc.array(row, { maxLength: 6 })])(
  "the residue holds exactly the words that no row matches, each once",
  (rows) => {
    const patterns = illegalResidue(rows, { width: 8 }).map(
      (pattern) => new RegExp(`^${pattern.replace(/-/g, ".")}$`),
    );
    for (let word = 0; word < 256; word += 1) {
      const text = word.toString(2).padStart(8, "0");
      const covering = patterns.filter((pattern) => pattern.test(text)).length;
      const legal = rows.some((candidate) => matches(candidate, BigInt(word)));
      expect(covering).toBe(legal ? 0 : 1);
    }
  },
);
