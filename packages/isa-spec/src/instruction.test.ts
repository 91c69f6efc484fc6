/** Rows: what fits together, and what they are made into. */
import { describe, expect, it } from "vitest";
import { bits } from "./builder/bits.ts";
import { target, unsigned } from "./builder/operand.ts";
import { RegisterFile } from "./builder/registers.ts";
import { SpecificationError } from "./errors.ts";
import { instruction, matches, surround } from "./instruction.ts";
import { printSemantics } from "./ir/print.ts";

const r = new RegisterFile({ name: "r", count: 16, width: 32 });
const manual = "Toy, 1";

const move = instruction("move", "0001 ---- to:4 from:4", {
  operands: { to: r.destination().except(15), from: r.source() },
  syntax: "to, from",
  semantics: ({ to, from }) => to.write(from.read()),
  manual,
});

describe("a row", () => {
  it("is plain data, with what isn't said at its default", () => {
    expect(move).toMatchObject({
      mnemonic: "move",
      sizeBytes: 2,
      syntax: "to, from",
      context: {},
      partialProgress: false,
      manual,
    });
    expect(Object.keys(move.operands)).toEqual(["to", "from"]);
  });

  it("records its semantics once, when they are asked for", () => {
    let calls = 0;
    const counted = instruction("count", "00000000", {
      operands: {},
      syntax: "",
      semantics: () => {
        calls += 1;
        r.at(0).write(bits(32, 1));
      },
      manual,
    });
    expect(calls).toBe(0);
    expect(counted.semantics).toBe(counted.semantics);
    expect(calls).toBe(1);
  });

  it("can be recorded inside of another one", () => {
    const around = surround(move, (body) => {
      r.at(1).write(r.at(2).read());
      body();
    });
    expect(printSemantics(around.semantics)).toBe("t0 = r[2]\nr[1] = t0\nt1 = r[from]\nr[to] = t1");
    expect({ ...around, semantics: 0, record: 0 }).toEqual({ ...move, semantics: 0, record: 0 });
  });

  it("says what it is when its semantics misuse the builder", () => {
    expect(() => move.record()).toThrow("used outside of a semantics function");
    expect(() => r.at(0).read()).toThrow(SpecificationError);
  });

  it.each([
    ["0000000", {}, "the pattern has 7 bits, not whole bytes"],
    ["0000 a:4", {}, "field a has no operand"],
    ["00000000", { a: r.source() }, "operand a is not in the pattern"],
    ["0 a:7", { a: r.source() }, "the pattern has 7 bits of a, its operand 4"],
    ["00 a[4:0] 0", { a: r.source() }, "the pattern has 5 bits of a, its operand 4"],
  ])("%s with wrong operands is none", (pattern, operands, message) => {
    const make = () =>
      instruction("wrong", pattern as string, {
        operands,
        syntax: "",
        semantics: () => {},
        manual,
      });
    expect(make).toThrow(SpecificationError);
    expect(make).toThrow(message);
  });

  it("may leave high and low bits of an operand out, which are zero", () => {
    expect(() =>
      instruction("short", "0000 a[3:0]", {
        operands: { a: unsigned(8, 32) },
        syntax: "a",
        semantics: () => {},
        manual,
      }),
    ).not.toThrow();
  });
});

describe("words", () => {
  it("match a row by fixed bits and by the values of its operands", () => {
    expect(matches(move, 0x1012n)).toBe(true);
    expect(matches(move, 0x1f12n)).toBe(true);
    expect(matches(move, 0x2012n)).toBe(false);
    expect(matches(move, 0x10f2n)).toBe(false);
    expect(matches(move, 0x101fn)).toBe(true);
  });
});

describe("targets", () => {
  it("count from elsewhere, and mean the distance from the instruction", () => {
    const branch = instruction("branch", "0000 to[5:2]", {
      operands: { to: target(6, 32, 8) },
      syntax: "to",
      semantics: ({ to }) => r.at(0).write(to),
      manual,
    });
    expect(printSemantics(branch.semantics)).toBe("r[0] = sext32(to) + 8");
    expect(branch.operands.to?.text).toEqual({ kind: "target", from: 8 });
    expect(target(6, 32).text).toEqual({ kind: "target" });
  });
});
