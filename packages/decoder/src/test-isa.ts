/**
 * Instruction sets of the tests' own: one with 16-bit and 32-bit words, nested encodings, guards,
 * split fields and ignored bits, and a big-endian one.
 */
import {
  bits,
  defineIsa,
  type Isa,
  instruction,
  letterSet,
  named,
  pc,
  printedAs,
  pseudo,
  pseudoFunction,
  RegisterFile,
  signed,
  target,
  unsigned,
} from "@isovm/isa-spec";

const r = new RegisterFile({
  name: "r",
  count: 16,
  width: 32,
  zero: 0,
  names: ["zero", ...Array.from({ length: 13 }, (_, index) => `r${index + 1}`), "lr", "sp"],
  otherNames: { fp: 13 },
});

const manual = "Toy, 1";
const nothing = (): void => {};
const condition = named(2, { 0: "eq", 1: "ne", 2: "lt" });

const short = [
  instruction("mov", "00 to:4 from:4 0000 10", {
    operands: { to: r.destination().except(0), from: r.source().except(0) },
    syntax: "to, from",
    semantics: ({ to, from }) => to.write(from.read()),
    manual,
  }),
  instruction("jr", "00 0000 from:4 0000 10", {
    operands: { from: r.source().except(0) },
    syntax: "from",
    semantics: nothing,
    manual,
  }),
  instruction("stop", "00 0000 0000 0000 10", {
    operands: {},
    syntax: "",
    semantics: nothing,
    manual,
  }),
  instruction("inc", "01 to:4 ---- amount:4 10", {
    operands: { to: r.both(), amount: signed(4, 32) },
    syntax: "to, amount",
    semantics: ({ to, amount }) => to.write(to.read().add(amount)),
    manual,
  }),
  instruction("high", "11 to:3 amount[12|17:13] 000 10", {
    operands: {
      to: r.destination(3, 8),
      amount: signed(18, 32).except(0),
    },
    syntax: "to, amount",
    semantics: ({ to, amount }) => to.write(amount),
    manual,
  }),
];

const long = [
  instruction("add", "0000000 b:4 - a:4 - 000 to:4 - 0000011", {
    operands: { to: r.destination(), a: r.source(), b: r.source() },
    syntax: "to, a, b",
    semantics: ({ to, a, b }) => to.write(a.read().add(b.read())),
    manual,
  }),
  instruction("addi", "imm:12 a:4 - 001 to:4 - 0000011", {
    operands: { to: r.destination(), a: r.source(), imm: signed(12, 32) },
    syntax: "to, a, imm",
    semantics: ({ to, a, imm }) => to.write(a.read().add(imm)),
    manual,
  }),
  instruction("fix", "000000000000 a:4 0 001 0000 0 0000011", {
    operands: { a: r.source().except(0) },
    syntax: "a",
    semantics: nothing,
    manual,
  }),
  instruction("load", "imm:12 a:4 0 010 to:4 0 0000011", {
    operands: { to: r.destination(), a: r.source(), imm: signed(12, 32) },
    syntax: "to, imm(a)",
    semantics: nothing,
    manual,
  }),
  instruction("lui", "imm:20 to:4 0 0010011", {
    operands: { to: r.destination(), imm: unsigned(20, 32, 16) },
    syntax: "to, imm",
    semantics: ({ to, imm }) => to.write(imm.shiftLeft(12)),
    manual,
  }),
  instruction("adr", "imm:20 to:4 0 0110011", {
    operands: { to: r.destination(), imm: unsigned(20, 32, 16) },
    syntax: "to, imm",
    semantics: ({ to, imm }) => to.write(pc(32).add(imm.shiftLeft(12))),
    manual,
  }),
  instruction("b{when}", "to[12|10:5] b:4 a:4 000 when:2 to[4:1|11] 0100011", {
    operands: { when: condition, a: r.source(), b: r.source(), to: target(13, 32) },
    syntax: "a, b, to",
    semantics: nothing,
    manual,
  }),
  instruction("jal", "to[20|10:1|11|19:12] link:4 0 1000011", {
    operands: { link: r.destination(), to: target(21, 32) },
    syntax: "link, to",
    semantics: nothing,
    manual,
  }),
  instruction("fadd", "000 mode:2 00 b:4 - a:4 000 to:4 00 1010011", {
    operands: {
      to: r.destination(),
      a: r.source(),
      b: r.source(),
      mode: named(2, { 0: "near", 1: "down", 3: "any" }).except(2).omittedMeans(3),
    },
    syntax: "to, a, b[, mode]",
    semantics: nothing,
    manual,
  }),
  instruction("fence", "0000 0000 0000 after:4 before:4 00000 1100011", {
    operands: { before: letterSet(4, "iorw"), after: letterSet(4, "iorw") },
    syntax: "before, after",
    semantics: nothing,
    manual,
  }),
  instruction("fence.all", "0000 0000 0000 1111 1111 00000 1100011", {
    operands: {},
    syntax: "",
    semantics: nothing,
    manual,
  }),
  instruction("status", "id:12 to:4 0 011 0000 0 0000011", {
    operands: {
      to: r.destination(),
      id: named(12, { 1: "flags", 2: "mode" }, { numbers: true }),
    },
    syntax: "to, id",
    semantics: ({ to }) => to.write(bits(32, 0)),
    manual,
  }),
];

/** Two lengths, little-endian, told apart by the low two bits. */
export const toy: Isa = defineIsa({
  name: "toy",
  addressWidth: 32,
  registers: [r.definition],
  framing: {
    parcelBytes: 2,
    byteOrder: "little",
    lengths: [
      { mask: 3, match: 2, sizeBytes: 2 },
      { mask: 3, match: 3, sizeBytes: 4 },
    ],
  },
  extensions: [
    { name: "short", title: "Short instructions", instructions: short },
    {
      name: "long",
      title: "Long instructions",
      instructions: long,
      pseudoInstructions: [
        pseudo("nop", "addi zero, zero, 0"),
        pseudoFunction(
          "li to, value",
          ({ to, value }, { constant, fail }) => {
            const number = constant(value) ?? fail("a constant");
            if (BigInt.asIntN(12, number) === number) return [`addi ${to}, zero, ${number}`];
            const low = BigInt.asIntN(12, number);
            return [
              `lui ${to}, ${BigInt.asUintN(20, (number - low) >> 12n)}`,
              `addi ${to}, ${to}, ${low}`,
            ];
          },
          "addi to, zero, value",
        ),
        pseudo("move to, from", "addi to, from, 0"),
        printedAs("move to, from", "mov to, from"),
        pseudo("la to, symbol", "$high: adr to, %far(symbol)", "addi to, to, %near($high)"),
        pseudo("jal to", "jal lr, to"),
        pseudo("jump to", "jal zero, to"),
        pseudo("bgt a, b, to", "blt b, a, to"),
        pseudo("load to, symbol", "$high: adr to, %far(symbol)", "load to, %near($high)(to)"),
      ],
    },
  ],
  syntax: {
    comment: ["#", "//"],
    relocations: {
      "%hi": { relative: false, value: (address) => BigInt.asUintN(20, (address + 0x800n) >> 12n) },
      "%lo": { relative: false, value: (address) => BigInt.asIntN(12, address) },
      "%far": {
        relative: true,
        value: (distance) => BigInt.asUintN(20, (distance + 0x800n) >> 12n),
      },
      "%near": {
        relative: true,
        ofLabel: "%far",
        value: (distance) => BigInt.asIntN(12, distance),
      },
    },
    dataDirectives: { ".half": 2, ".word": 4, ".dword": 8 },
    align: "power",
    ignoredDirectives: [".option"],
    padding: ["addi zero, zero, 0", "inc zero, 0"],
  },
});

/** One length, big-endian. */
export const bigEndianToy: Isa = defineIsa({
  name: "big",
  addressWidth: 32,
  registers: [r.definition],
  framing: {
    parcelBytes: 4,
    byteOrder: "big",
    lengths: [{ mask: 0, match: 0, sizeBytes: 4 }],
  },
  extensions: [
    {
      name: "base",
      title: "Base",
      instructions: [
        instruction("set", "1000 0000 to:4 imm:20", {
          operands: { to: r.destination(), imm: unsigned(20, 32) },
          syntax: "to, imm",
          semantics: ({ to, imm }) => to.write(imm),
          manual,
        }),
        instruction("go", "1100 0000 to:24", {
          operands: { to: target(24, 32) },
          syntax: "to",
          semantics: nothing,
          manual,
        }),
      ],
    },
  ],
  syntax: { comment: [";"], relocations: {}, dataDirectives: { ".word": 4 } },
});
