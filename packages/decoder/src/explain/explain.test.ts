import { fc, test } from "@fast-check/vitest";
import { parsePattern } from "@isovm/isa-spec";
import { describe, expect, it } from "vitest";
import { toy } from "../test-isa.ts";
import { cellsOf } from "./diagram.ts";
import { explain } from "./explain.ts";

const lines = (question: string | bigint): string[] => (explain(toy, question) ?? "").split("\n");

describe("explain", () => {
  it("draws a row", () => {
    expect(lines("b{when}")).toEqual(lines("bne"));
    expect(lines("bne")).toEqual([
      "b{when} a, b, to",
      "Toy, 1 (long: Long instructions)",
      "",
      "  31       25   24 21   20 17   16 14   13 12   11       7   6     0",
      "┌─────────────┬───────┬───────┬───────┬───────┬────────────┬─────────┐",
      "│ to[12|10:5] │   b   │   a   │  000  │ when  │ to[4:1|11] │ 0100011 │",
      "└─────────────┴───────┴───────┴───────┴───────┴────────────┴─────────┘",
      "",
      "when  one of eq, ne, lt",
      "a     register r0 to r15, read",
      "b     register r0 to r15, read",
      "to    a distance from -4096 to 4094, a multiple of 2",
      "",
      "(no effect)",
    ]);
  });

  it("takes a word apart", () => {
    expect(lines(0b01_0010_0000_1111_10n)).toEqual([
      "0x483e  inc r2,-1",
      "inc to, amount",
      "Toy, 1 (short: Short instructions)",
      "",
      "  15 14   13 10   9  6   5    2   1 0",
      "┌───────┬───────┬──────┬────────┬─────┐",
      "│  01   │  to   │ ---- │ amount │ 10  │",
      "├───────┼───────┼──────┼────────┼─────┤",
      "│  01   │ 0010  │ 0000 │  1111  │ 10  │",
      "└───────┴───────┴──────┴────────┴─────┘",
      "",
      "to      r2  register r0 to r15, read and written",
      "amount  -1  a number from -8 to 7",
      "",
      "t0 = r[to]",
      "r[to] = t0 + sext32(amount)",
    ]);
    expect(lines(0x0000_1003n).slice(0, 2)).toEqual([
      "0x00001003  addi zero,zero,0",
      "written as nop",
    ]);
  });

  it("says what a shorthand stands for", () => {
    expect(lines("la")).toEqual([
      "la to, symbol is short for",
      "  $high: adr to, %far(symbol)",
      "  addi to, to, %near($high)",
    ]);
    expect(lines("load").slice(-3)).toEqual([
      "load to, symbol is short for",
      "  $high: adr to, %far(symbol)",
      "  load to, %near($high)(to)",
    ]);
    expect(lines("li").slice(-1)).toEqual(["  lines that depend on the operands of li"]);
  });

  it("knows nothing about what isn't there", () => {
    expect(explain(toy, "halt")).toBeUndefined();
    expect(explain(toy, 1n)).toBeUndefined();
  });

  test.prop([fc.constantFrom(...toy.instructions)])("has boxes for all bits", ({ pattern }) => {
    const cells = cellsOf(pattern);
    expect(cells[0]?.high).toBe(pattern.width - 1);
    expect(cells.at(-1)?.low).toBe(0);
    for (const [index, { low }] of cells.entries()) {
      expect(cells[index + 1]?.high ?? -1).toBe(low - 1);
    }
    expect(cellsOf(parsePattern(pattern.text))).toEqual(cells);
  });
});
