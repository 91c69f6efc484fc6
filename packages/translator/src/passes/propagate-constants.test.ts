/** What constant propagation finds, in graphs made by hand. */
import { assemble, Decoder } from "@isovm/decoder";
import { rv64 } from "@isovm/riscv";
import { expect, it } from "vitest";
import { specialiser } from "../ir/specialiser.ts";
import type { PassBlock } from "./pass-graph.ts";
import { propagateConstants } from "./propagate-constants.ts";
import { placeAt } from "./testing/pass-bench.ts";

const isa = rv64();
const decoder = new Decoder(isa);
const specialise = specialiser(isa);

function block(pc: number, text: string): PassBlock {
  const [section] = assemble(isa, text, { origin: BigInt(pc) }).sections;
  const instructions = [];
  for (let offset = 0; section && offset < section.bytes.length; ) {
    const decoded = decoder.decodeBytes(section.bytes, offset);
    if (!decoded) throw new Error(`"${text}" has something that is no instruction`);
    const instruction = specialise(decoded.row, decoded.word);
    instructions.push(placeAt(pc + offset, instruction, isa));
    offset += decoded.sizeBytes;
  }
  return { pc, instructions };
}

/** Registers that the last instruction of a block still reads. */
const readsOf = (of: PassBlock | undefined): number | undefined =>
  of?.instructions.at(-1)?.instruction.effects.reads.length;

it("makes far calls direct", () => {
  const [result] = propagateConstants(
    { blocks: [block(0x1000, "auipc t1, 0x10\n jalr ra, -8(t1)")], successors: [[]] },
    isa,
  );
  const call = result?.instructions[1];
  expect(call?.targets).toEqual([0x1_0ff8]);
  expect(call?.instruction.effects.link).toBeDefined();
});

it("makes no new edges", () => {
  const blocks = [block(0x1000, "auipc t1, 0x10\n jalr zero, 0(t1)"), block(0x1_1000, "ret")];
  const [direct] = propagateConstants({ blocks, successors: [[1], []] }, isa);
  const [indirect] = propagateConstants({ blocks, successors: [[], []] }, isa);
  expect(readsOf(direct)).toBe(0);
  expect(readsOf(indirect)).toBe(1);
});

it("knows in a loop what the loop doesn't write", () => {
  const blocks = [
    block(0x1000, "li a0, 5\n li a1, 6"),
    block(0x1008, "addi a1, a1, 1\n add a2, a0, a0\n add a3, a1, a1\n bne a2, a0, 0x1008"),
  ];
  const [, loop] = propagateConstants({ blocks, successors: [[1], [1]] }, isa);
  const reads = loop?.instructions.map(({ instruction }) => instruction.effects.reads.length);
  expect(reads).toEqual([1, 0, 1, 0]);
});

it("knows nothing where the graph is entered", () => {
  const blocks = [block(0x1000, "li a0, 5"), block(0x1004, "add a2, a0, a0\n bne a2, a1, 0x1004")];
  const graph = { blocks, successors: [[1], [1]] };
  const reads = (entries: number[]) => readsOf(propagateConstants({ ...graph, entries }, isa)[1]);
  expect([reads([0]), reads([0, 1])]).toEqual([1, 2]);
});

it("forgets where the guess about loops is wrong", () => {
  // Blocks 1 and 2 lead to each other and are entered both: no header dominates the loop.
  const blocks = [
    block(0x1000, "beq a1, a2, 0x1300"),
    block(0x1100, "li a0, 5"),
    block(0x1200, "add a2, a0, a0"),
    block(0x1300, "beq a1, a2, 0x1200"),
  ];
  const results = propagateConstants({ blocks, successors: [[1, 3], [2], [3], [2]] }, isa);
  expect(readsOf(results[2])).toBe(1);
});
