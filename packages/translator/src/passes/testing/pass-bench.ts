/** For tests: the graph of a program's instructions, and engines that execute passes' results. */
import { Decoder } from "@isovm/decoder";
import type { Isa } from "@isovm/isa-spec";
import type { SpecialisedInstruction } from "../../ir/specialise.ts";
import { type Specialiser, specialiser } from "../../ir/specialiser.ts";
import type { SizedBody } from "../../ir/testing/body-isa.ts";
import { wrapNumber } from "../../region/address.ts";
import {
  type PassBlock,
  type PassGraph,
  type PassInstruction,
  type PassIsa,
  withBody,
} from "../pass-graph.ts";

/** A program as a test has it. */
export interface TestProgram {
  readonly start: number;
  readonly words: readonly {
    readonly bits: bigint;
    readonly sizeBytes: number;
    readonly offset: number;
  }[];
}

/** Makes graphs of programs of one ISA. */
export class GraphMaker {
  readonly #isa: Isa;
  readonly #decoder: Decoder;
  readonly #specialise: Specialiser;

  constructor(isa: Isa) {
    this.#isa = isa;
    this.#decoder = new Decoder(isa);
    this.#specialise = specialiser(isa);
  }

  /** The instructions of a program that have rows, translatable or not. */
  instructions({ start, words }: TestProgram): ReadonlyMap<number, PassInstruction> {
    const found = new Map<number, PassInstruction>();
    for (const { bits, sizeBytes, offset } of words) {
      const decoded = this.#decoder.decode(bits, sizeBytes);
      if (!decoded) continue;
      const pc = start + offset;
      const instruction = this.#specialise(decoded.row, decoded.word);
      found.set(pc, placeAt(pc, instruction, this.#isa));
    }
    return found;
  }

  /** The blocks that are reached from the program's start, up to what can't be translated. */
  graph(program: TestProgram): PassGraph {
    const found = this.instructions(program);
    const leaders: number[] = [program.start];
    const targetsOf = ({ next, targets, instruction }: PassInstruction): readonly number[] => {
      const known = targets.filter((target) => target !== undefined);
      return instruction.effects.fallsThrough ? [...known, next] : known;
    };
    const at = (pc: number): PassInstruction | undefined => {
      const placed = found.get(pc);
      return placed?.instruction.effects.untranslatable ? undefined : placed;
    };
    const seen = new Set<number>();
    const stack = [program.start];
    for (let pc = stack.pop(); pc !== undefined; pc = stack.pop()) {
      const placed = at(pc);
      if (!placed || seen.has(pc)) continue;
      seen.add(pc);
      const targets = targetsOf(placed).filter((target) => at(target));
      if (placed.instruction.effects.jumps.length > 0) leaders.push(...targets);
      stack.push(...targets);
    }
    const starts = [...new Set(leaders)].filter((pc) => at(pc));
    const blocks = starts.map((pc): PassBlock => {
      const instructions: PassInstruction[] = [];
      for (let placed = at(pc); placed; ) {
        instructions.push(placed);
        if (placed.targets.length > 0 || starts.includes(placed.next)) break;
        placed = at(placed.next);
      }
      return { pc, instructions };
    });
    const successors = blocks.map(({ instructions }) => {
      const last = instructions[instructions.length - 1];
      return last
        ? targetsOf(last).flatMap((target) => {
            const block = starts.indexOf(target);
            return block < 0 ? [] : [block];
          })
        : [];
    });
    return { blocks, successors };
  }
}

/** An instruction as passes take it. */
export function placeAt(
  pc: number,
  instruction: SpecialisedInstruction,
  isa: PassIsa,
): PassInstruction {
  const next = wrapNumber(pc + instruction.sizeBytes, isa.addressWidth);
  return withBody({ pc, next, instruction, targets: [] }, instruction.body, isa);
}

/** The bodies of a program in the order of its words, some replaced by those of a graph. */
export function bodiesOf(
  program: TestProgram,
  original: ReadonlyMap<number, PassInstruction>,
  blocks: readonly PassBlock[],
): readonly SizedBody[] {
  const replaced = new Map(
    blocks.flatMap(({ instructions }) =>
      instructions.map((placed) => [placed.pc, placed] as const),
    ),
  );
  return program.words.map(({ sizeBytes, offset }) => {
    const pc = program.start + offset;
    const placed = replaced.get(pc) ?? original.get(pc);
    return placed
      ? { sizeBytes, body: placed.instruction.body }
      : { sizeBytes, body: [{ kind: "illegal" }] };
  });
}
