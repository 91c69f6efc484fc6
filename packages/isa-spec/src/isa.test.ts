/** ISAs from their parts. */
import { describe, expect, it } from "vitest";
import { bits } from "./builder/bits.ts";
import { jump, variable, when } from "./builder/control.ts";
import { RegisterFile, singleRegister } from "./builder/registers.ts";
import { SpecificationError } from "./errors.ts";
import { type Instruction, instruction } from "./instruction.ts";
import { printSemantics } from "./ir/print.ts";
import { defineIsa, extendIsa, type IsaDefinition } from "./isa.ts";

const r = new RegisterFile({ name: "r", count: 8, width: 32 });
const manual = "none";

const row = (
  mnemonic: string,
  pattern: string,
  context?: Readonly<Record<string, number>>,
): Instruction =>
  instruction(mnemonic, pattern, {
    operands: {},
    syntax: "",
    semantics: () => r.at(1).write(bits(32, 1)),
    manual,
    ...(context && { context }),
  });

const definition = (...instructions: Instruction[]): IsaDefinition => ({
  name: "toy",
  addressWidth: 32,
  registers: [r.definition],
  framing: { parcelBytes: 1, byteOrder: "little", lengths: [{ mask: 0, match: 0, sizeBytes: 1 }] },
  extensions: [{ name: "base", title: "Base", instructions }],
  syntax: { comment: [], relocations: {} },
});

describe("an ISA", () => {
  it("has the rows of all extensions, and its registers' layout", () => {
    const [a, b] = [row("a", "00000000"), row("b", "00000001")];
    const isa = extendIsa(defineIsa(definition(a)), {
      name: "more",
      title: "More",
      instructions: [b],
    });
    expect(isa.instructions).toEqual([a, b]);
    expect(isa.name).toBe("toy_more");
    expect(isa.layout.files.has("r")).toBe(true);
    expect(isa.extensions.map(({ name }) => name)).toEqual(["base", "more"]);
  });

  it("has no two rows of one encoding, also if one comes later", () => {
    const isa = defineIsa(definition(row("a", "0000000-")));
    const twin = row("b", "0000000-");
    expect(() => extendIsa(isa, { name: "x", title: "X", instructions: [twin] })).toThrow(
      "b and a have the same encoding",
    );
    expect(() => defineIsa(definition(row("a", "1"), twin))).toThrow(SpecificationError);
    expect(() =>
      defineIsa(definition(row("a", "00000000", { size: 1 }), row("b", "00000000", { size: 2 }))),
    ).not.toThrow();
  });
});

describe("sequencing", () => {
  const next = singleRegister("next", 32);
  const skip = singleRegister("skip", 1);
  const isa = defineIsa({
    ...definition(
      instruction("set", "00000 to:3", {
        operands: { to: r.destination() },
        syntax: "to",
        semantics: ({ to }) => {
          const counter = variable(bits(32, 3));
          to.write(counter.get());
        },
        manual,
      }),
      row("one", "10000000"),
    ),
    registers: [r.definition, next.definition, skip.definition],
    sequencing(body) {
      const following = next.read();
      when(skip.read(), () => skip.write(bits(1, 0)), body);
      next.write(following.add(1));
      jump(following);
    },
  });

  it("is recorded about every row", () => {
    expect(isa.instructions.map(({ semantics }) => printSemantics(semantics))).toEqual([
      `t0 = next
t1 = skip
if t1 {
  skip = 0
} else {
  v2 = 3
  v3 = v2
  r[to] = v3
}
next = t0 + 1
jump t0`,
      `t0 = next
t1 = skip
if t1 {
  skip = 0
} else {
  r[1] = 1
}
next = t0 + 1
jump t0`,
    ]);
  });

  it("leaves the extension's own rows alone, and stands about a row once after an extension", () => {
    const [base] = isa.extensions;
    expect(base?.instructions.map(({ semantics }) => semantics.body.length)).toEqual([3, 1]);
    const extended = extendIsa(isa, {
      name: "x",
      title: "X",
      instructions: [row("two", "11000000")],
    });
    expect(extended.instructions.map(({ semantics }) => semantics.body.length)).toEqual([5, 5, 5]);
    expect(extended.instructions.map(({ mnemonic }) => mnemonic)).toEqual(["set", "one", "two"]);
  });
});
