/** Slots of records: what stands in them, and that they don't get into each other's way. */
import {
  bits,
  type DestinationRegister,
  defineIsa,
  type Instruction,
  type Isa,
  instruction,
  jump,
  Memory,
  pc,
  RegisterFile,
  signed,
  target,
  UnsupportedError,
  unsigned,
  when,
} from "@isovm/isa-spec";
import { rv32, rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { jumpDistance, planRecords, planSlots, type SlotPlan } from "./record.ts";

const x = new RegisterFile({ name: "x", count: 32, width: 64, zero: 0 });
const f = new RegisterFile({ name: "f", count: 32, width: 64 });
const narrow = new RegisterFile({ name: "n", count: 4, width: 32 });
const memory = new Memory({ addressWidth: 64, endian: "little", alignment: "any" });
const manual = "none";

const isaOf = (...instructions: Instruction[]): Isa =>
  defineIsa({
    name: "test",
    addressWidth: 64,
    registers: [x.definition, f.definition, narrow.definition],
    framing: {
      parcelBytes: 2,
      byteOrder: "little",
      lengths: [{ mask: 0, match: 0, sizeBytes: 4 }],
    },
    extensions: [{ name: "base", title: "Base", instructions }],
    syntax: { comment: [], relocations: {} },
  });

const plan = (row: Instruction, pieceBytes = 8, pieces = 2): SlotPlan => {
  const planned = planSlots(row, isaOf(row).layout, { pieces, pieceBytes });
  if (!planned) throw new Error(`no room for ${row.mnemonic}`);
  return planned;
};

/** Slots as text: what, bytes, extension. */
const shapes = ({ slots }: SlotPlan): string[] =>
  slots.map(({ sizeBytes, extension, content }) =>
    content.kind === "register"
      ? `${content.file.definition.name}${content.write ? " write" : ""} ${sizeBytes} ${extension}`
      : `${content.expression.kind} ${content.expression.width} ${sizeBytes} ${extension}`,
  );

describe.each([rv64(), rv32()])("$name", (isa) => {
  const { pieceBytes, plans } = planRecords(isa);

  it("has slots inside of its records, apart from each other and from the handlers' numbers", () => {
    expect(plans).toHaveLength(isa.instructions.length);
    isa.instructions.forEach((row, index) => {
      const pieces = row.sizeBytes / 2;
      const taken = new Set<number>();
      for (let piece = 0; piece < pieces; piece += 1) {
        taken.add(piece * pieceBytes).add(piece * pieceBytes + 1);
      }
      for (const { offset, sizeBytes } of plans[index]?.slots ?? []) {
        expect(offset % sizeBytes).toBe(0);
        expect(offset + sizeBytes).toBeLessThanOrEqual(pieces * pieceBytes);
        for (let byte = offset; byte < offset + sizeBytes; byte += 1) {
          expect(taken.has(byte), `${row.mnemonic} byte ${byte}`).toBe(false);
          taken.add(byte);
        }
      }
    });
  });

  it("has small records", () => {
    expect(pieceBytes).toBe(8);
  });
});

describe("slots", () => {
  it("hold registers as offsets, with a sink for writes to the zero register", () => {
    const row = instruction("add", "0000000 b:5 a:5 000 to:5 0000000", {
      operands: { a: x.source(), b: f.source(), to: x.destination() },
      syntax: "to, a, b",
      semantics: ({ to, a, b }) => to.write(a.read().add(b.read())),
      manual,
    });
    expect(shapes(plan(row)).sort()).toEqual(["f 2 zero", "x 2 zero", "x write 2 zero"]);
  });

  it("are shared by accesses of one register, but not between reads and sinking writes", () => {
    const row = instruction("twice", "0000 to:5 0000000", {
      operands: { to: x.both() },
      syntax: "to",
      semantics: ({ to }) => {
        const value = to.read().add(to.read());
        to.write(value);
        to.write(value);
      },
      manual,
    });
    const planned = plan(row, 8, 1);
    expect(shapes(planned).sort()).toEqual(["x 2 zero", "x write 2 zero"]);
    expect(planned.registers.size).toBe(4);
  });

  it("hold what depends on the word alone, computed, in as few bytes as it has", () => {
    const row = instruction("li", "imm:20 to:5 0000000", {
      operands: { to: x.destination(), imm: signed(20, 64) },
      syntax: "to, imm",
      semantics: ({ to, imm }) => to.write(imm.shiftLeft(12)),
      manual,
    });
    // Eight bytes in a row are only in pieces of sixteen.
    expect(shapes(plan(row)).sort()).toEqual(["field 20 4 zero", "x write 2 zero"]);
    expect(shapes(plan(row, 16)).sort()).toEqual(["binary 64 8 zero", "x write 2 zero"]);
    const small = instruction("addi", "imm:12 0000 to:5 00000000000", {
      operands: { to: x.both(), imm: signed(12, 64) },
      syntax: "to, imm",
      semantics: ({ to, imm }) => to.write(to.read().add(imm)),
      manual,
    });
    expect(shapes(plan(small))).toContain("extend 16 2 sign");
  });

  it("fall back to the fields where the computed values have no room", () => {
    const row = instruction("mix", "a:8 b:8 c:8 to:5 000", {
      operands: {
        to: x.destination(),
        a: unsigned(8, 64),
        b: unsigned(8, 64),
        c: unsigned(8, 64),
      },
      syntax: "to, a, b, c",
      semantics: ({ to, a, b, c }) => {
        const value = a
          .mul(3)
          .xor(pc(64))
          .add(b.mul(5).xor(pc(64)))
          .add(c.mul(7).xor(pc(64)));
        to.write(value);
      },
      manual,
    });
    // Three products of 8 bytes have no place; three fields of a byte have.
    expect(shapes(plan(row)).sort()).toEqual([
      "field 8 1 zero",
      "field 8 1 zero",
      "field 8 1 zero",
      "x write 2 zero",
    ]);
    expect(shapes(plan(row, 32)).filter((shape) => shape.startsWith("binary"))).toHaveLength(3);
  });

  it("hold distances of jumps apart from equal values, which count bytes", () => {
    const row = instruction("jump", "to:20 000000000000", {
      operands: { to: target(20, 32) },
      syntax: "to",
      semantics: ({ to }) => {
        narrow.at(1).write(to);
        when(narrow.at(2).read().equal(0), () => jump(pc(32).add(to)));
        jump(to.add(pc(32)));
      },
      manual,
    });
    const planned = plan(row);
    expect(planned.jumps.size).toBe(2);
    expect(new Set(planned.jumps.values()).size).toBe(1);
    expect([...planned.values.values()]).not.toContain([...planned.jumps.values()][0]);
    expect(shapes(planned)).toEqual(["extend 32 4 sign", "extend 32 4 sign"]);
  });

  it("hold distances of jumps in four bytes", () => {
    const row = instruction("jump", "to:12 0000", {
      operands: { to: target(12, 64) },
      syntax: "to",
      semantics: ({ to }) => {
        x.at(1).write(to);
        when(x.at(2).read().equal(0), () => jump(pc(64).add(to)));
        jump(to.add(pc(64)));
      },
      manual,
    });
    const planned = plan(row, 16, 1);
    expect(planned.jumps.size).toBe(2);
    expect(new Set(planned.jumps.values()).size).toBe(1);
    expect([...planned.values.values()]).not.toContain([...planned.jumps.values()][0]);
    expect(shapes(planned).sort()).toEqual(["extend 16 2 sign", "extend 64 4 sign"]);
  });

  it("need no place for what has no field", () => {
    const row = instruction("constant", "0000000000000000", {
      operands: {},
      syntax: "",
      semantics: () => {
        memory.store(32, x.at(2).read().add(8), bits(32, 5));
        jump(pc(64).add(16));
      },
      manual,
    });
    expect(plan(row, 8, 1).slots).toEqual([]);
  });
});

describe("records", () => {
  const wide = (count: number): Instruction => {
    const names = Array.from({ length: count }, (_, index) => `v${index}`);
    return instruction(
      "wide",
      `${names.map((name) => `${name}:1`).join(" ")} ${"0".repeat(32 - count)}`,
      {
        operands: Object.fromEntries(names.map((name) => [name, unsigned(1, 64)])),
        syntax: names.join(", "),
        semantics: (operands: Record<string, ReturnType<typeof bits<64>>>) => {
          for (const name of names)
            x.at(1).write(
              x
                .at(1)
                .read()
                .add(operands[name] ?? bits(64, 0)),
            );
        },
        manual,
      },
    );
  };

  it("have the smallest pieces that have room for every row", () => {
    expect(planRecords(isaOf(wide(12))).pieceBytes).toBe(8);
    expect(planRecords(isaOf(wide(13))).pieceBytes).toBe(16);
    expect(planRecords(isaOf(wide(29))).pieceBytes).toBe(32);
  });

  it("say when a row doesn't fit", () => {
    const row = instruction("huge", "a:1 b:1 00000000000000", {
      operands: { a: unsigned(1, 64), b: unsigned(1, 64) },
      syntax: "a, b",
      semantics: ({ a, b }) => {
        for (let index = 0; index < 20; index += 1) {
          x.at(1).write(x.at(1).read().add(a.shiftLeft(index).xor(b)));
        }
      },
      manual,
    });
    // Even then the two fields fit: what is computed from them is computed each time.
    expect(planRecords(isaOf(row)).plans[0]?.slots).toHaveLength(2);
    const names = Array.from({ length: 32 }, (_, index) => index);
    const many = instruction("many", `${names.map((name) => `v${name}:1`).join(" ")}`, {
      operands: Object.fromEntries(names.map((name) => [`v${name}`, x.destination(1)])),
      syntax: names.map((name) => `v${name}`).join(", "),
      semantics: (operands: Record<string, DestinationRegister<64>>) => {
        for (const name of names) operands[`v${name}`]?.write(bits(64, name));
      },
      manual,
    });
    expect(() => planRecords(isaOf(many))).toThrow(UnsupportedError);
  });
});

describe("the distance of a jump", () => {
  it("is what is added to the program counter, on either side, if the word alone tells it", () => {
    const field = unsigned(8, 64).bind(bits(8, 3));
    const here = pc(64);
    expect(jumpDistance(here.add(field).expression)).toBe(field.expression);
    expect(jumpDistance(field.add(here).expression)).toBe(field.expression);
    expect(jumpDistance(here.sub(field).expression)).toBeUndefined();
    expect(jumpDistance(here.add(here).expression)).toBeUndefined();
    expect(jumpDistance(field.expression)).toBeUndefined();
  });
});
