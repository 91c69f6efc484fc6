import { describe, expect, it } from "vitest";
import { type Bits, bits } from "../builder/bits.ts";
import {
  effect,
  illegal,
  intrinsic,
  jump,
  pc,
  repeatWhile,
  trap,
  variable,
  when,
} from "../builder/control.ts";
import { Memory } from "../builder/memory.ts";
import { named, target, unsigned } from "../builder/operand.ts";
import { emit } from "../builder/recorder.ts";
import { RegisterFile } from "../builder/registers.ts";
import { type Instruction, instruction } from "../instruction.ts";
import { defineIsa } from "../isa.ts";
import { parsePattern } from "../pattern.ts";
import { lintIsa } from "./lint.ts";

const r = new RegisterFile({ name: "r", count: 8, width: 32 });
const memory = new Memory({ addressWidth: 32, endian: "little", alignment: "any" });

/** Findings about the rows, as `rule: message`. */
function lint(...rows: readonly Instruction[]): readonly string[] {
  const isa = defineIsa({
    name: "toy",
    addressWidth: 32,
    registers: [r.definition],
    framing: { parcelBytes: 1, byteOrder: "little", lengths: [] },
    extensions: [{ name: "base", title: "All", instructions: rows }],
    syntax: { comment: [], relocations: {} },
  });
  return lintIsa(isa).map(({ rule, mnemonic, message }) => `${mnemonic}: ${rule}: ${message}`);
}

/** A row of eight fixed bits with the given semantics. */
function fixed(semantics: () => void, mnemonic = "x", pattern = "00000000"): Instruction {
  return instruction(mnemonic, pattern, { operands: {}, syntax: "", semantics, manual: "none" });
}

const read = (): Bits<32> => r.at(0).read();
const write = (): void => r.at(0).write(bits(32, 1));

describe("overlap", () => {
  const row = (mnemonic: string, pattern: string, excluded: readonly number[] = []): Instruction =>
    instruction(mnemonic, pattern, {
      operands: { n: unsigned(4, 32).except(...excluded) },
      syntax: "n",
      semantics: () => {},
      manual: "none",
    });

  it("is reported of rows neither of which is more specific", () => {
    expect(lint(row("a", "000- n:4"), row("b", "00-1 n:4"))).toEqual([
      "a: overlap: b matches 0x10 too",
    ]);
  });

  it("is none where one row is a special case of the other, or none matches both", () => {
    expect(lint(row("a", "00-- n:4"), row("b", "0001 n:4"))).toEqual([]);
    expect(lint(row("a", "000- n:4"), row("b", "001- n:4"))).toEqual([]);
  });

  it("counts exclusions", () => {
    const other = fixed(() => {}, "b", "--010101");
    expect(lint(row("a", "00-- n:4"), other)).toHaveLength(1);
    expect(lint(row("a", "00-- n:4", [5]), other)).toEqual([]);
    expect(lint(row("a", "0000 n:4", [1, 2]), row("b", "0000 n:4", [3]))).toHaveLength(1);
  });

  it("is none in different decode contexts", () => {
    const inContext = (mnemonic: string, size: number): Instruction =>
      instruction(mnemonic, "0000 ----", {
        operands: {},
        syntax: "",
        context: { size },
        semantics: () => {},
        manual: "none",
      });
    expect(lint(inContext("a", 16), inContext("b", 32))).toEqual([]);
  });
});

describe("encodings", () => {
  const withPattern = (pattern: Partial<Instruction["pattern"]>): Instruction => {
    const row = fixed(() => {}, "x", "0000----");
    return { ...row, semantics: { body: [] }, pattern: { ...row.pattern, ...pattern } };
  };

  it("report bits that are nothing", () => {
    expect(lint(withPattern({ ignored: 0n }))).toEqual([
      "x: unaccountedBits: bits 0xf are nothing",
    ]);
  });

  it("report a hole in an operand", () => {
    const row = instruction("x", "0000 n[4:2|0]", {
      operands: { n: unsigned(5, 32) },
      syntax: "n",
      semantics: () => {},
      manual: "none",
    });
    expect(lint(row)).toEqual(["x: unaccountedBits: bits 0x2 of n are not in the pattern"]);
  });

  it("report an operand that is used nowhere", () => {
    const row = instruction("x", "0000 n:4", {
      operands: { n: unsigned(4, 32) },
      syntax: "",
      semantics: () => {},
      manual: "none",
    });
    expect(lint(row)).toEqual([
      "x: unaccountedBits: neither the syntax nor the semantics use n",
      "x: syntax: operand n is not in the syntax",
    ]);
  });

  it("report bits with two meanings", () => {
    const { pieces } = parsePattern("0000 n:4");
    const overlapping = pieces.map((piece) => ({ ...piece, wordLow: 4 }));
    expect(lint(withPattern({ pieces: overlapping }))).toContain(
      "x: fieldBijection: a bit of n is fixed or another field's",
    );
    expect(lint(withPattern({ match: 1n }))).toEqual([
      "x: fieldBijection: a bit that isn't fixed has a value to match",
    ]);
  });

  it("report a field that is extracted otherwise than inserted", () => {
    const row = instruction("x", "0000 n:4", {
      operands: { n: unsigned(4, 32) },
      syntax: "n",
      semantics: () => {},
      manual: "none",
    });
    const pieces = [
      { field: "n", wordLow: 0, fieldLow: 0, width: 2 },
      { field: "n", wordLow: 0, fieldLow: 2, width: 2 },
    ];
    const broken = { ...row, semantics: { body: [] }, pattern: { ...row.pattern, pieces } };
    expect(lint(broken).filter((finding) => finding.includes("fieldBijection"))).toEqual([
      "x: fieldBijection: a bit of n is fixed or another field's",
      "x: fieldBijection: n = 0x1 is extracted differently",
    ]);
  });
});

describe("syntax", () => {
  it("reports an optional operand without a value to mean", () => {
    const row = (omitted: boolean): Instruction => {
      const mode = named(3, { 0: "near", 7: "dynamic" });
      return instruction("x", "00000 mode:3", {
        operands: { mode: omitted ? mode.omittedMeans(7) : mode },
        syntax: "[mode]",
        semantics: () => {},
        manual: "none",
      });
    };
    expect(lint(row(true))).toEqual([]);
    expect(lint(row(false))).toEqual([
      "x: syntax: operand mode is optional but has no value when left out",
    ]);
  });

  it("reports an operand of the mnemonic without names", () => {
    const row = (mnemonic: string): Instruction =>
      instruction(mnemonic, "0000 n:4", {
        operands: { n: unsigned(4, 32) },
        syntax: "n",
        semantics: () => {},
        manual: "none",
      });
    expect(lint(row("x{n}"))).toEqual([
      "x{n}: syntax: operand n stands in the mnemonic but its values have no names",
    ]);
    expect(lint(row("x{m}"))).toEqual(["x{m}: syntax: the mnemonic names m, which is no operand"]);
  });
});

describe("semantics", () => {
  it("that throw are reported", () => {
    expect(lint(fixed(() => read().extract(30, 4)))).toEqual([
      "x: semantics: bits 30 to 33 are not all inside a value of 32 bits",
    ]);
  });

  it.each<[string, () => void]>([
    ["illFormed", () => new RegisterFile({ name: "q", count: 2, width: 32 }).at(1).read()],
    ["illFormed", () => new RegisterFile({ name: "r", count: 8, width: 64 }).at(1).read()],
    ["illFormed", () => r.at(bits(4, 9)).read()],
    ["illFormed", () => jump(bits(64, 0))],
    ["illFormed", () => jump(pc(64).truncate(32))],
    ["illFormed", () => intrinsic("host", 32, [], { writes: ["q"] })],
    [
      "illFormed",
      () => {
        const left = { kind: "constant", width: 8, value: 1n } as const;
        const value = { kind: "binary", width: 32, operator: "add", left, right: left } as const;
        emit({ kind: "writeRegister", register: { file: "r", width: 32, index: left }, value });
      },
    ],
    [
      "illFormed",
      () => {
        let inside = bits(32, 0);
        when(read().equal(0), () => {
          inside = read();
        });
        r.at(1).write(inside);
      },
    ],
    [
      "unreachable",
      () => {
        jump(bits(32, 0));
        write();
      },
    ],
    [
      "unreachable",
      () => {
        when(
          read().equal(0),
          () => illegal(),
          () => trap(1),
        );
        write();
      },
    ],
  ])("are held to rule %s (%#)", (rule, body) => {
    expect(lint(fixed(body)).map((finding) => finding.split(": ")[1])).toContain(rule);
  });

  it("may use what both arms or the only arm that goes on computed", () => {
    const row = fixed(() => {
      let value = bits(32, 0);
      when(
        read().equal(0),
        () => {
          value = memory.load(32, read());
        },
        () => illegal(),
      );
      r.at(1).write(value);
    });
    expect(lint(row)).toEqual([]);
  });

  it("may loop over a variable", () => {
    const row = fixed(() => {
      const count = variable(bits(32, 3));
      repeatWhile(
        () => count.get().notEqual(0),
        () => count.set(count.get().sub(1)),
      );
      r.at(1).write(count.get());
    });
    expect(lint(row)).toEqual([]);
  });
});

describe("writeBeforeTrap", () => {
  const accepted: readonly (() => void)[] = [
    () => {
      const value = memory.load(32, read());
      memory.store(32, read(), value);
      write();
    },
    () =>
      when(
        read().equal(0),
        () => write(),
        () => illegal(),
      ),
    () => {
      when(read().equal(0), () => trap(1));
      write();
      jump(read());
    },
  ];
  const rejected: readonly [string, () => void][] = [
    [
      "the load can trap after the write to r",
      () => {
        write();
        memory.load(32, read());
      },
    ],
    [
      "the trap can trap after the write to r",
      () => {
        when(read().equal(0), () => write());
        trap(1);
      },
    ],
    [
      "the store can trap after the store",
      () => {
        memory.store(32, read(), read());
        memory.store(32, read(), read());
      },
    ],
    [
      "the effect call can trap after the intrinsic host",
      () => {
        intrinsic("host", 32, [], { writes: ["r"] });
        effect("call");
      },
    ],
    [
      "the store can trap after the store",
      () =>
        repeatWhile(
          () => read().equal(0),
          () => memory.store(32, read(), read()),
        ),
    ],
  ];

  it.each(accepted)("accepts checks before effects (%#)", (body) => {
    expect(lint(fixed(body))).toEqual([]);
  });

  it.each(rejected)("reports that %s", (message, body) => {
    expect(lint(fixed(body))).toEqual([`x: writeBeforeTrap: ${message}`]);
  });

  it("allows progress that a row declares", () => {
    const row = instruction("x", "00000000", {
      operands: {},
      syntax: "",
      partialProgress: true,
      semantics: () => {
        memory.store(32, read(), read());
        memory.store(32, read(), read());
      },
      manual: "none",
    });
    expect(lint(row)).toEqual([]);
  });
});

describe("registerRange", () => {
  const few = new RegisterFile({ name: "few", count: 5, width: 32 });
  const clear = (pattern: string, to: ReturnType<typeof few.destination>): readonly string[] =>
    lintIsa(
      defineIsa({
        name: "toy",
        addressWidth: 32,
        registers: [few.definition],
        framing: { parcelBytes: 1, byteOrder: "big", lengths: [] },
        extensions: [
          {
            name: "base",
            title: "All",
            instructions: [
              instruction("clear", pattern, {
                operands: { to },
                syntax: "to",
                semantics: (operands) => operands.to.write(bits(32, 0)),
                manual: "none",
              }),
            ],
          },
        ],
        syntax: { comment: [], relocations: {} },
      }),
    ).map(({ rule, message }) => `${rule}: ${message}`);

  it("is reported of fields that can name more registers than there are", () => {
    expect(clear("00000 to:3", few.destination())).toEqual([
      "registerRange: to = 5 is register 5 of few",
    ]);
    expect(clear("000000 to:2", few.destination(2, 3))).toEqual([
      "registerRange: to = 2 is register 5 of few",
    ]);
  });

  it("allows fields that can't, and values that are excluded", () => {
    expect(clear("00000 to:3", few.destination().except(5, 6, 7))).toEqual([]);
    expect(clear("000000 to:2", few.destination(2, 1))).toEqual([]);
  });
});

describe("streams without a rule for lengths", () => {
  type FramingParts = Partial<Parameters<typeof defineIsa>[0]["framing"]>;
  const lintStream = (framing: FramingParts, ...rows: readonly Instruction[]): readonly string[] =>
    lintIsa(
      defineIsa({
        name: "toy",
        addressWidth: 32,
        registers: [],
        framing: { parcelBytes: 1, byteOrder: "big", lengths: [], ...framing },
        extensions: [{ name: "base", title: "All", instructions: rows }],
        syntax: { comment: [], relocations: {} },
      }),
    ).map(({ rule, mnemonic, message }) => `${mnemonic}: ${rule}: ${message}`);
  const row = (
    mnemonic: string,
    pattern: string,
    excluded: readonly number[] = [],
    context: Readonly<Record<string, number>> = {},
  ): Instruction =>
    instruction(mnemonic, pattern, {
      operands: { n: unsigned(4, 32).except(...excluded) },
      syntax: "n",
      context,
      semantics: () => {},
      manual: "none",
    });

  it("have no instruction that begins like a shorter one", () => {
    const long = "b: overlap: it begins like a, which is shorter";
    expect(lintStream({}, row("a", "0101 n:4"), row("b", "01010011 0000 n:4"))).toEqual([long]);
    expect(lintStream({}, row("a", "0101 n:4"), row("b", "0000 n:4 01010011"))).toEqual([]);
    const little: FramingParts = { byteOrder: "little" };
    expect(lintStream(little, row("a", "0101 n:4"), row("b", "0000 n:4 01010011"))).toEqual([long]);
  });

  it("may tell them apart by excluded values, contexts, or a rule", () => {
    const [short, long] = ["0101 n:4", "01010011 0000 n:4"];
    expect(lintStream({}, row("a", short, [3]), row("b", long))).toEqual([]);
    expect(lintStream({}, row("a", short, [4]), row("b", long))).toHaveLength(1);
    expect(
      lintStream({}, row("a", short, [], { size: 1 }), row("b", long, [], { size: 2 })),
    ).toEqual([]);
    const lengths = [{ mask: 0, match: 0, sizeBytes: 1 }];
    expect(lintStream({ lengths }, row("a", short), row("b", long))).toEqual([]);
  });

  it("have no instruction that begins like a prefix", () => {
    const prefixes = [{ name: "rep", mask: 0xfe, match: 0xf2, sets: { repeat: 1 } }];
    expect(lintStream({ prefixes }, row("a", "11110011 0000 n:4"))).toEqual([
      "a: overlap: it begins like the prefix rep",
    ]);
    expect(lintStream({ prefixes }, row("a", "11110100 0000 n:4"))).toEqual([]);
  });
});

describe("lintIsa", () => {
  it("finds nothing in a sound row", () => {
    const branch = instruction("b", "01 imm[6:1]", {
      operands: { imm: target(7, 32) },
      syntax: "imm",
      semantics: ({ imm }) => jump(pc(32).add(imm)),
      manual: "none",
    });
    expect(lint(branch)).toEqual([]);
  });
});
