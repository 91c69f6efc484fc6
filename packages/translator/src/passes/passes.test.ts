/** Programs before and after passes, executed by the reference evaluator. */
import { reference } from "@isovm/interpreter";
import type { Exit, Instruction, Isa } from "@isovm/isa-spec";
import { rv32, rv64 } from "@isovm/riscv";
import {
  Bench,
  exitText,
  type Mapping,
  type ProgramItem,
  prepare,
  programs,
  type RowShape,
  rights,
  riscvProfile,
  rowNamed,
  sandbox,
  type TestCase,
} from "@isovm/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyIsa } from "../ir/testing/body-isa.ts";
import { combineShifts } from "./combine-shifts.ts";
import { removeDeadWrites } from "./dead-writes.ts";
import type { PassBlock, PassGraph } from "./pass-graph.ts";
import { propagateConstants } from "./propagate-constants.ts";
import { crowd, type IsFixed } from "./testing/crowd.ts";
import { bodiesOf, GraphMaker, type TestProgram } from "./testing/pass-bench.ts";

type Pass = (graph: PassGraph, isa: Isa) => readonly PassBlock[];

const passes: readonly (readonly [string, Pass])[] = [
  ["propagateConstants", propagateConstants],
  ["removeDeadWrites", removeDeadWrites],
  ["combineShifts", ({ blocks }, isa) => blocks.map((block) => combineShifts(block, isa))],
  [
    "all",
    (graph, isa) => {
      const blocks = propagateConstants(graph, isa).map((block) => combineShifts(block, isa));
      return removeDeadWrites({ ...graph, blocks }, isa);
    },
  ],
];

const textOf = (exit: Exit): string => (exit.kind === "illegal" ? "illegal" : exitText(exit));

describe.each([rv64(), rv32()])("$name", (isa) => {
  const profile = riscvProfile(isa);
  const maker = new GraphMaker(isa);
  const bodies = [bodyIsa(isa, 512), bodyIsa(isa, 512)] as const;
  const benches = [
    new Bench(bodies[0].isa, reference),
    new Bench(bodies[1].isa, reference),
  ] as const;

  function load(bench: Bench, test: TestCase, code: Uint8Array): void {
    const all = rights.read | rights.write;
    const mappings: readonly Mapping[] = [
      { start: test.start & ~0xfff, length: 8192, rights: rights.read | rights.execute },
      { start: sandbox.start, length: sandbox.writableBytes, rights: all },
      { start: sandbox.readOnly, length: 4096, rights: rights.read },
    ];
    bench.reset(mappings);
    bench.poke(test.start, code);
    bench.setRegisters(test.registers);
    bench.engine.state.pc = BigInt(test.start);
  }

  const { sandboxRegisters, scratch, counter } = profile;
  const isFixed: IsFixed = (file, register) =>
    [...sandboxRegisters, scratch, counter].some(
      (one) => one.file === file && one.register === register,
    );
  const translatable = (row: Instruction, shape: RowShape): boolean =>
    shape.effects.length === 0 &&
    !shape.fencesInstructions &&
    shape.intrinsics.length === 0 &&
    !row.mnemonic.startsWith("csr");
  const crowded = programs(profile, { safe: true, maxItems: 24, rows: translatable }).map(
    (test) => ({ ...test, items: crowd(test.items, isFixed) }),
  );
  // Shifts by amounts that extend values, among few registers.
  const register = fc.constantFrom(10n, 11n, 12n);
  const shifts = fc
    .record({
      row: fc.constantFrom("slli", "slli", "srli", "srai", "sltu"),
      rd: register,
      rs1: register,
      rs2: register,
      shamt: fc.constantFrom(8n, 16n, 24n, 32n, 46n, 48n).filter((n) => n < isa.addressWidth),
    })
    .map(({ row, rd, rs1, rs2, shamt }): ProgramItem => {
      const fields = row === "sltu" ? { rd, rs1, rs2 } : { rd, rs1, shamt };
      return { kind: "instruction", row: rowNamed(isa, row), fields };
    });
  const shifting = fc
    .tuple(crowded, fc.array(shifts, { maxLength: 12, size: "max" }))
    .map(([test, items]) => ({ ...test, items }));
  const tests = fc.oneof({ withCrossShrink: true }, crowded, shifting);

  it.each(passes)("%s: the same wherever the state is seen", (_, pass) => {
    fc.assert(
      fc.property(tests, (test) => {
        const { instructions } = prepare(profile, test);
        const program: TestProgram = { start: test.start, words: instructions };
        const original = maker.instructions(program);
        const graph = maker.graph(program);
        const blocks = pass(graph, isa);
        expect(blocks.map((block) => block.instructions.map(({ pc }) => pc))).toEqual(
          graph.blocks.map((block) => block.instructions.map(({ pc }) => pc)),
        );
        load(benches[0], test, bodies[0].assemble(bodiesOf(program, original, [])));
        load(benches[1], test, bodies[1].assemble(bodiesOf(program, original, blocks)));
        const [a, b] = [benches[0].engine, benches[1].engine];
        const observed = new Set<number>(targetsBackwards(graph));
        const inGraph = new Map(
          graph.blocks.flatMap((block) =>
            block.instructions.map(({ pc, instruction }) => [pc, instruction]),
          ),
        );
        const leaves = exits(graph);
        let before = -1;
        for (let count = 0; count < 300; count += 1) {
          const { pc } = a.state;
          expect(b.state.pc).toBe(pc);
          // An indirect jump may lead to a block that the graph has no edge to: it leaves the graph.
          const instruction = leaves(before, Number(pc)) ? undefined : inGraph.get(Number(pc));
          before = Number(pc);
          // The graph's registers stand for the guest's only from its entry on.
          const isSeen = !instruction || instruction.effects.mayLeave || observed.has(Number(pc));
          if (isSeen)
            expect(Buffer.from(b.state.save()).equals(Buffer.from(a.state.save()))).toBe(true);
          if (!instruction) break;
          const stops = [a.run(1), b.run(1)].map(textOf);
          expect(stops[1]).toBe(stops[0]);
          if (stops[0] !== "budget") break;
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Whether going from one address to another leaves a graph. */
function exits({ blocks, successors }: PassGraph): (from: number, to: number) => boolean {
  const next = new Map<number, readonly (number | undefined)[]>();
  blocks.forEach(({ instructions }, number) => {
    const last = instructions[instructions.length - 1]?.pc ?? -1;
    next.set(
      last,
      (successors[number] ?? []).map((successor) => blocks[successor]?.pc),
    );
  });
  return (from, to) => next.get(from)?.includes(to) === false;
}

/** Addresses of blocks that a block not before them leads to. */
function targetsBackwards({ blocks, successors }: PassGraph): readonly number[] {
  return successors.flatMap((list, from) =>
    list.flatMap((to) => {
      const [source, target] = [blocks[from], blocks[to]];
      return source && target && target.pc <= source.pc ? [target.pc] : [];
    }),
  );
}
