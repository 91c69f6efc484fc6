/** For tests: the graph of a program's instructions, and engines that execute passes' results. */
import { Decoder } from "@isovm/decoder";
import type { Isa } from "@isovm/isa-spec";
import type { SizedBody } from "../ir/body-isa.ts";
import { targetAddress } from "../ir/jumps.ts";
import { type Specialiser, specialiser } from "../ir/specialiser.ts";
import type { PassBlock, PassGraph, PlacedInstruction } from "./pass-graph.ts";

/** A program as a test has it. */
export interface TestProgram {
  readonly start: bigint;
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
  instructions({ start, words }: TestProgram): ReadonlyMap<bigint, PlacedInstruction> {
    const found = new Map<bigint, PlacedInstruction>();
    for (const { bits, sizeBytes, offset } of words) {
      const decoded = this.#decoder.decode(bits, sizeBytes);
      if (!decoded) continue;
      const pc = BigInt.asUintN(this.#isa.addressWidth, start + BigInt(offset));
      found.set(pc, { pc, instruction: this.#specialise(decoded.row, decoded.word) });
    }
    return found;
  }

  /** The blocks that are reached from the program's start, up to what can't be translated. */
  graph(program: TestProgram): PassGraph {
    const found = this.instructions(program);
    const { addressWidth } = this.#isa;
    const leaders: bigint[] = [program.start];
    const targetsOf = ({ pc, instruction }: PlacedInstruction): readonly bigint[] => {
      const { effects, sizeBytes } = instruction;
      const targets = effects.jumps.flatMap(({ target }) =>
        target ? [targetAddress(target, pc, sizeBytes, addressWidth)] : [],
      );
      const next = BigInt.asUintN(addressWidth, pc + BigInt(sizeBytes));
      return effects.fallsThrough ? [...targets, next] : targets;
    };
    const at = (pc: bigint): PlacedInstruction | undefined => {
      const placed = found.get(pc);
      return placed?.instruction.effects.untranslatable ? undefined : placed;
    };
    const seen = new Set<bigint>();
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
      const instructions: PlacedInstruction[] = [];
      for (let placed = at(pc); placed; ) {
        instructions.push(placed);
        const { effects, sizeBytes } = placed.instruction;
        const next = BigInt.asUintN(addressWidth, placed.pc + BigInt(sizeBytes));
        if (effects.jumps.length > 0 || starts.includes(next)) break;
        placed = at(next);
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

/** The bodies of a program in the order of its words, some replaced by those of a graph. */
export function bodiesOf(
  program: TestProgram,
  original: ReadonlyMap<bigint, PlacedInstruction>,
  blocks: readonly PassBlock[],
): readonly SizedBody[] {
  const replaced = new Map(
    blocks.flatMap(({ instructions }) =>
      instructions.map((placed) => [placed.pc, placed] as const),
    ),
  );
  return program.words.map(({ sizeBytes, offset }) => {
    const pc = program.start + BigInt(offset);
    const placed = replaced.get(pc) ?? original.get(pc);
    return placed
      ? { sizeBytes, body: placed.instruction.body }
      : { sizeBytes, body: [{ kind: "illegal" }] };
  });
}
