/**
 * Labyrinths: RISC-V programs of blocks that branch, jump, call and return to each other at random,
 * round and round, over the ends of pages. What they lack is an end.
 */
import fc from "fast-check";
import { type ProgramRules, programItems } from "../arbitraries/program-items.ts";
import type { TestProfile } from "../profiles/profile.ts";
import { encodeNamed } from "../profiles/rows.ts";
import { bytesOf, type EncodedInstruction } from "../program/encoded.ts";
import { layOut, type ProgramItem } from "../program/program.ts";

/** How a block ends; blocks are named by number. */
export type BlockEnd =
  /** Goes to one block or another by a bit of a counter, or by comparing two registers. */
  | {
      readonly kind: "branch";
      readonly mnemonic: string;
      readonly registers: readonly [number, number];
      readonly targets: readonly [number, number];
    }
  | { readonly kind: "counted"; readonly bit: number; readonly targets: readonly [number, number] }
  | { readonly kind: "jump"; readonly target: number; readonly link: number }
  /** Through a register, to one of two blocks by a bit of the counter. */
  | {
      readonly kind: "indirect";
      readonly bit: number;
      readonly targets: readonly [number, number];
      readonly link: number;
    }
  | { readonly kind: "return" }
  | { readonly kind: "stop" };

/** A block: anything, and then an end. */
export interface Block {
  readonly items: readonly ProgramItem[];
  readonly end: BlockEnd;
}

/** Blocks, one behind the other in memory. */
export interface Labyrinth {
  readonly blocks: readonly Block[];
}

/** A labyrinth in memory. */
export interface PlacedLabyrinth {
  readonly code: Uint8Array;
  /** By block: its first byte. */
  readonly offsets: readonly number[];
}

const [counter, bitRegister, pointer] = [28, 30, 31];
const branches = ["beq", "bne", "blt", "bge", "bltu", "bgeu"] as const;

/** Labyrinths of some blocks. */
export function labyrinths(
  profile: TestProfile,
  rules: ProgramRules = {},
): fc.Arbitrary<Labyrinth> {
  const block = fc.nat({ max: 11 });
  const targets = fc.tuple(block, block);
  const bit = fc.nat({ max: 4 });
  const link = fc.constantFrom(0, 0, 1, 5);
  const register = fc.integer({ min: 10, max: 17 });
  const end: fc.Arbitrary<BlockEnd> = fc.oneof(
    {
      arbitrary: fc.record({ kind: fc.constant("counted" as const), bit, targets }),
      weight: 8,
    },
    {
      arbitrary: fc.record({
        kind: fc.constant("branch" as const),
        mnemonic: fc.constantFrom(...branches),
        registers: fc.tuple(register, register),
        targets,
      }),
      weight: 4,
    },
    {
      arbitrary: fc.record({ kind: fc.constant("jump" as const), target: block, link }),
      weight: 4,
    },
    {
      arbitrary: fc.record({ kind: fc.constant("indirect" as const), bit, targets, link }),
      weight: 2,
    },
    { arbitrary: fc.constant({ kind: "return" as const }), weight: 2 },
    ...(rules.safe ? [] : [{ arbitrary: fc.constant({ kind: "stop" as const }), weight: 1 }]),
  );
  const items = fc
    .array(programItems(profile, rules), { maxLength: 5, size: "max" })
    .map((parts) => parts.flat());
  return fc.record({
    blocks: fc.array(fc.record({ items, end }), { minLength: 1, maxLength: 12, size: "max" }),
  });
}

/** The bytes of a labyrinth; they may stand anywhere. */
export function placeLabyrinth(profile: TestProfile, { blocks }: Labyrinth): PlacedLabyrinth {
  const { byteOrder } = profile.isa.framing;
  const bodies = blocks.map(({ items }) => bodyOf(profile, items));
  const sizes = blocks.map(
    ({ end }, index) =>
      (bodies[index]?.length ?? 0) +
      bytesOf(
        endOf(profile, end, () => 0),
        byteOrder,
      ).length,
  );
  const offsets: number[] = [];
  let next = 0;
  for (const size of sizes) {
    offsets.push(next);
    next += size;
  }
  const code = new Uint8Array(next);
  blocks.forEach(({ end }, index) => {
    const body = bodies[index] ?? new Uint8Array();
    const start = (offsets[index] ?? 0) + body.length;
    const distance = (target: number): number => (offsets[target % blocks.length] ?? 0) - start;
    code.set(body, offsets[index]);
    code.set(bytesOf(endOf(profile, end, distance), byteOrder), start);
  });
  return { code, offsets };
}

/** The instructions of some items, and one that counts. */
export function bodyOf(profile: TestProfile, items: readonly ProgramItem[]): Uint8Array {
  const { isa } = profile;
  const count = encodeNamed(isa, "addi", { rd: counter, rs1: counter, imm: 3 });
  return bytesOf([count, ...layOut(profile, items).slice(0, -1)], isa.framing.byteOrder);
}

/** The instructions of an end; `distance` is that of a block from the first of them. */
function endOf(
  profile: TestProfile,
  end: BlockEnd,
  distance: (block: number) => number,
): readonly EncodedInstruction[] {
  const encode = (mnemonic: string, fields: Readonly<Record<string, number>>) =>
    encodeNamed(profile.isa, mnemonic, fields);
  /** Two instructions that set the pointer to a block, from `before` bytes behind the first. */
  const point = (block: number, before: number) => profile.codeAddress(distance(block) - before);
  const select = (bit: number) => encode("andi", { rd: bitRegister, rs1: counter, imm: 2 ** bit });
  switch (end.kind) {
    case "branch": {
      const [rs1, rs2] = end.registers;
      const [taken, other] = end.targets;
      return [
        encode(end.mnemonic, { rs1, rs2, imm: distance(taken) }),
        encode("jal", { rd: 0, imm: distance(other) - 4 }),
      ];
    }
    case "counted": {
      const [taken, other] = end.targets;
      return [
        select(end.bit),
        encode("bne", { rs1: bitRegister, rs2: 0, imm: distance(taken) - 4 }),
        encode("jal", { rd: 0, imm: distance(other) - 8 }),
      ];
    }
    case "jump":
      return [encode("jal", { rd: end.link, imm: distance(end.target) })];
    case "indirect": {
      const [first, second] = end.targets;
      return [
        select(end.bit),
        ...point(first, 4),
        encode("bne", { rs1: bitRegister, rs2: 0, imm: 12 }),
        ...point(second, 16),
        encode("jalr", { rd: end.link, rs1: pointer, imm: 0 }),
      ];
    }
    case "return":
      return [encode("jalr", { rd: 0, rs1: 1, imm: 0 })];
    case "stop":
      return [profile.exit];
  }
}
