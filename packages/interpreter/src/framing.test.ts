/** Instruction streams of every kind: byte orders, lengths, prefixes, pages that end too early. */
import {
  bits,
  defineIsa,
  type EngineFactory,
  effect,
  type Framing,
  type Isa,
  instruction,
  jump,
  nextPc,
  pc,
  RegisterFile,
  signed,
  target,
  UnsupportedError,
  unsigned,
} from "@isovm/isa-spec";
import { bareVm } from "@isovm/machine";
import { describe, expect, it } from "vitest";
import { interpreter, reference } from "./index.ts";

const r = new RegisterFile({ name: "r", count: 4, width: 32 });
const manual = "none";

/** Bytecode: an opcode, operands of no, one, two or four bytes behind it. */
const rows = [
  instruction("stop", "00000000", {
    operands: {},
    syntax: "",
    semantics: () => effect("stop"),
    manual,
  }),
  instruction("add1", "000001 to:2 imm:8", {
    operands: { to: r.both(), imm: signed(8, 32) },
    syntax: "to, imm",
    semantics: ({ to, imm }) => to.write(to.read().add(imm)),
    manual,
  }),
  instruction("add2", "000010 to:2 imm:16", {
    operands: { to: r.both(), imm: signed(16, 32) },
    syntax: "to, imm",
    semantics: ({ to, imm }) => to.write(to.read().add(imm)),
    manual,
  }),
  instruction("add4", "000011 to:2 imm:32", {
    operands: { to: r.both(), imm: unsigned(32, 32) },
    syntax: "to, imm",
    semantics: ({ to, imm }) => to.write(to.read().add(imm)),
    manual,
  }),
  instruction("call", "00010000 to:16", {
    operands: { to: target(16, 32, 3) },
    syntax: "to",
    semantics: ({ to }) => {
      r.at(3).write(nextPc(32));
      jump(pc(32).add(to));
    },
    manual,
  }),
];

const lengths = [
  { mask: 0xff, match: 0, sizeBytes: 1 },
  { mask: 0xfc, match: 4, sizeBytes: 2 },
  { mask: 0xfc, match: 8, sizeBytes: 3 },
  { mask: 0xfc, match: 12, sizeBytes: 5 },
  { mask: 0xff, match: 16, sizeBytes: 3 },
];

function bytecode(framing: Partial<Framing>): Isa {
  return defineIsa({
    name: "bytecode",
    addressWidth: 32,
    registers: [r.definition],
    framing: { parcelBytes: 1, byteOrder: "big", lengths, ...framing },
    extensions: [{ name: "base", title: "Base", instructions: rows }],
    syntax: { comment: ["#"], relocations: {} },
  });
}

const engines: readonly (readonly [string, EngineFactory])[] = [
  ["reference", reference],
  ["interpreter", interpreter],
];

/** A VM with code at `base`, in pages that end there. */
function vmWith(isa: Isa, engine: EngineFactory, base: number, code: readonly number[]) {
  return bareVm({ isa, engine, program: { base: BigInt(base), bytes: Uint8Array.from(code) } });
}

describe.each(engines)("%s: a big-endian stream", (_name, engine) => {
  const isa = bytecode({});

  it("has instructions of all lengths, one behind the other", () => {
    const code = [5, 0xff, 9, 0x12, 0x34, 13, 0x80, 0, 0, 1, 0];
    const vm = vmWith(isa, engine, 0x1000, code);
    expect(vm.run(10)).toEqual({ kind: "effect", name: "stop" });
    expect(vm.state.read("r", 1)).toBe(0x8000_1234n);
    expect(vm.state.pc).toBe(0x100an);
  });

  it("has distances that count from elsewhere", () => {
    const vm = vmWith(isa, engine, 0x1000, [16, 0, 2, 0, 0, 5, 1, 16, 0xff, 0xf9]);
    expect(vm.run(10)).toEqual({ kind: "effect", name: "stop" });
    expect(vm.state.pc).toBe(0x1003n);
    expect(vm.state.read("r", 3)).toBe(0x100an);
    expect(vm.state.read("r", 1)).toBe(1n);
  });

  it.each([1, 2, 3, 4])("has instructions with %i bytes in the next page", (inNext) => {
    const base = 0x2000 - 5 + inNext;
    const vm = vmWith(isa, engine, base, [14, 0x12, 0x34, 0x56, 0x78, 0]);
    expect(vm.run(10)).toEqual({ kind: "effect", name: "stop" });
    expect(vm.state.read("r", 2)).toBe(0x1234_5678n);
  });

  it("faults at the byte that isn't there", () => {
    const vm = vmWith(isa, engine, 0x1ffd, [14, 0x12, 0x34]);
    const address = 0x2000n;
    expect(vm.run(10)).toEqual({ kind: "fault", access: "fetch", address, reason: "unmapped" });
    expect(vm.state.pc).toBe(0x1ffdn);
  });

  it("says which bytes are no instruction", () => {
    const vm = vmWith(isa, engine, 0x1000, [0xaa, 0xbb]);
    expect(vm.run(10)).toEqual({ kind: "illegal", bits: 0xaan, sizeBytes: 1 });
  });
});

describe.each(engines)("%s: words of four bytes", (_name, engine) => {
  const word = (byteOrder: "little" | "big"): Isa =>
    defineIsa({
      name: byteOrder,
      addressWidth: 32,
      registers: [r.definition],
      framing: { parcelBytes: 4, byteOrder, lengths: [{ mask: 0, match: 0, sizeBytes: 4 }] },
      extensions: [
        {
          name: "base",
          title: "Base",
          instructions: [
            instruction("set", "10000000 000000 to:2 imm:16", {
              operands: { to: r.destination(), imm: unsigned(16, 32) },
              syntax: "to, imm",
              semantics: ({ to, imm }) => to.write(imm),
              manual,
            }),
          ],
        },
      ],
      syntax: { comment: ["#"], relocations: {} },
    });

  it.each([
    ["big", [0x80, 2, 0x12, 0x34]],
    ["little", [0x34, 0x12, 2, 0x80]],
  ] as const)("%s-endian", (byteOrder, code) => {
    const vm = vmWith(word(byteOrder), engine, 0x1000, [...code, 1, 2, 3, 4]);
    // The bits of an exit are the bytes in memory, whatever the order of words.
    expect(vm.run(10)).toEqual({ kind: "illegal", bits: 0x0403_0201n, sizeBytes: 4 });
    expect(vm.state.read("r", 2)).toBe(0x1234n);
    expect(vm.state.pc).toBe(0x1004n);
  });
});

describe("a stream without a rule for lengths", () => {
  const isa = bytecode({ lengths: [] });

  it("is executed by the reference", () => {
    const vm = vmWith(isa, reference, 0x1000, [5, 0xff, 9, 0x12, 0x34, 0]);
    expect(vm.run(10)).toEqual({ kind: "effect", name: "stop" });
    expect(vm.state.read("r", 1)).toBe(0x1233n);
  });

  it("faults where more bytes could have made an instruction, not where they are there", () => {
    const address = 0x2000n;
    const cut = vmWith(isa, reference, 0x1ffe, [9, 0x12]);
    expect(cut.run(1)).toEqual({ kind: "fault", access: "fetch", address, reason: "unmapped" });
    const last = vmWith(isa, reference, 0x1ffe, [5, 1]);
    expect(last.run(1)).toEqual({ kind: "budget" });
    const illegal = vmWith(isa, reference, 0x1000, [0xaa]);
    expect(illegal.run(1)).toEqual({ kind: "illegal", bits: 0xaan, sizeBytes: 1 });
  });

  it("is refused by the fast interpreter when it is made", () => {
    expect(() => vmWith(isa, interpreter, 0x1000, [0])).toThrow(UnsupportedError);
  });
});

describe("prefixes", () => {
  const isa = bytecode({
    prefixes: [{ name: "wide", mask: 0xff, match: 0xc4, sets: { wide: 1 } }],
    context: { wide: 0 },
  });

  it("belong to the instruction: the reference goes on behind it, and stops before them", () => {
    const vm = vmWith(isa, reference, 0x1000, [0xc4, 5, 1, 0xc4, 0xc4, 16, 0, 1, 0, 0xc4, 0]);
    expect(vm.run(2)).toEqual({ kind: "budget" });
    expect(vm.state.read("r", 1)).toBe(1n);
    expect(vm.state.read("r", 3)).toBe(0x1008n);
    // The distance counts from three bytes behind the first prefix.
    expect(vm.state.pc).toBe(0x1007n);
  });

  it("are refused by the fast interpreter when it is made", () => {
    expect(() => vmWith(isa, interpreter, 0x1000, [0])).toThrow(/prefixes/);
  });
});

describe("what the fast interpreter can't hold", () => {
  it("is said when it is made", () => {
    const wide = new RegisterFile({ name: "w", count: 2, width: 128 });
    const isa = defineIsa({
      ...bytecode({}),
      registers: [r.definition, wide.definition],
      extensions: [
        {
          name: "wide",
          title: "Wide",
          instructions: [
            instruction("clear", "0000000 to:1", {
              operands: { to: wide.destination() },
              syntax: "to",
              semantics: ({ to }) => to.write(bits(128, 1n << 100n)),
              manual,
            }),
          ],
        },
      ],
    });
    expect(() => vmWith(isa, interpreter, 0x1000, [0])).toThrow(/128 bits/);
    const vm = vmWith(
      { ...isa, framing: { ...isa.framing, lengths: [{ mask: 0, match: 0, sizeBytes: 1 }] } },
      reference,
      0x1000,
      [1],
    );
    vm.run(1);
    expect(vm.state.read("w", 1)).toBe(1n << 100n);
  });
});
