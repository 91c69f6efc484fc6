/**
 * Region formation: follows control flow from an entry over instructions that are worth it, into
 * the functions that are called and back from them, as far as the limit allows.
 */
import type { Isa } from "@isovm/isa-spec";
import { type JumpKind, jumpKind, targetAddress } from "../ir/jumps.ts";
import type { RegisterSlot } from "../ir/register-slot.ts";
import type { SpecialisedInstruction } from "../ir/specialise.ts";
import type { Specialiser } from "../ir/specialiser.ts";
import type { CodeReader } from "./code-reader.ts";
import type { Region, RegionBlock, RegionInstruction } from "./region.ts";

/** What formation asks of the engine. */
export interface FormationOptions {
  readonly isa: Isa;
  readonly reader: CodeReader;
  readonly specialise: Specialiser;
  /** Registers in which calls leave their return address, as far as calls were seen; grows. */
  readonly linkRegisters: Set<RegisterSlot>;
  /** Whether an instruction may be part of the region: what is cold stays outside. */
  readonly includes: (address: bigint) => boolean;
  /** Instructions of a region at most. */
  readonly limit: number;
}

/** Where an indirect jump may be compared with so many addresses. */
const mostExpected = 8;

interface Found extends RegionInstruction {
  readonly next: bigint;
  /** Static targets that are jumps, and static targets that are calls. */
  readonly jumps: readonly bigint[];
  readonly calls: readonly bigint[];
  readonly returns: boolean;
}

/** The region at an entry; undefined if its first instruction can't be translated. */
export function formRegion(entry: bigint, options: FormationOptions): Region | undefined {
  const exploration = new Exploration(options);
  exploration.explore(entry);
  if (!exploration.found.has(entry)) return undefined;
  return buildRegion(entry, exploration);
}

class Exploration {
  readonly found = new Map<bigint, Found>();
  /** Addresses where a block begins. */
  readonly leaders = new Set<bigint>();
  readonly #options: FormationOptions;

  constructor(options: FormationOptions) {
    this.#options = options;
  }

  explore(entry: bigint): void {
    const queue = [entry];
    this.leaders.add(entry);
    for (const start of queue) this.#walk(start, queue);
  }

  #walk(start: bigint, queue: bigint[]): void {
    const lead = (address: bigint): void => {
      if (this.leaders.has(address)) return;
      this.leaders.add(address);
      queue.push(address);
    };
    for (let pc = start; !this.found.has(pc); ) {
      const found = this.#instructionAt(pc);
      if (!found) return;
      this.found.set(pc, found);
      const { effects } = found.instruction;
      for (const target of found.jumps) lead(target);
      for (const target of found.calls) {
        lead(target);
        // Where the callee returns to, if it does so within the region.
        lead(found.next);
      }
      if (!effects.fallsThrough) return;
      if (effects.jumps.length > 0) this.leaders.add(found.next);
      pc = found.next;
    }
  }

  #instructionAt(pc: bigint): Found | undefined {
    const { isa, limit, reader, specialise, includes } = this.#options;
    if (this.found.size >= limit || !includes(pc)) return undefined;
    const decoded = reader.instructionAt(pc);
    if (!decoded || decoded.prefixBytes > 0) return undefined;
    const instruction = specialise(decoded.row, decoded.word);
    const { effects, sizeBytes } = instruction;
    if (effects.untranslatable !== undefined) return undefined;
    const targets = effects.jumps.flatMap(({ target }) =>
      target ? [targetAddress(target, pc, sizeBytes, isa.addressWidth)] : [],
    );
    const kind = this.#kindOf(instruction);
    return {
      pc,
      instruction,
      next: BigInt.asUintN(isa.addressWidth, pc + BigInt(sizeBytes)),
      jumps: kind === "call" ? [] : targets,
      calls: kind === "call" ? targets : [],
      returns: kind === "return",
    };
  }

  #kindOf(instruction: SpecialisedInstruction): JumpKind | undefined {
    const { linkRegisters } = this.#options;
    const kind = jumpKind(instruction, linkRegisters);
    const { link } = instruction.effects;
    if (kind === "call" && link) linkRegisters.add(link);
    return kind;
  }
}

function buildRegion(entry: bigint, exploration: Exploration): Region {
  const expected = expectedReturns(exploration);
  const blocks: RegionBlock[] = [];
  const blockAt = new Map<bigint, number>();
  const successors: number[][] = [];
  const queue = [entry];
  const numberOf = (pc: bigint): number | undefined => {
    const known = blockAt.get(pc);
    if (known !== undefined || !exploration.found.has(pc)) return known;
    blockAt.set(pc, queue.length);
    queue.push(pc);
    return queue.length - 1;
  };
  blockAt.set(entry, 0);
  let instructionCount = 0;
  // Only what is reachable becomes part of it: the place behind a call needs its return.
  for (const pc of queue) {
    const { block, last } = collectBlock(pc, exploration, expected);
    instructionCount += block.instructions.length;
    blocks.push(block);
    const targets = [...last.jumps, ...last.calls, ...block.expected];
    if (last.instruction.effects.fallsThrough) targets.push(block.end);
    successors.push([
      ...new Set(
        targets.flatMap((target) => {
          const number = numberOf(target);
          return number === undefined ? [] : [number];
        }),
      ),
    ]);
  }
  return { entry, blocks, successors, blockAt, instructionCount };
}

function collectBlock(
  pc: bigint,
  { found, leaders }: Exploration,
  expected: ReadonlyMap<bigint, readonly bigint[]>,
): { readonly block: RegionBlock; readonly last: Found } {
  const first = found.get(pc);
  if (!first) throw new RangeError(`no instruction at ${pc}`);
  const instructions = [first];
  let last = first;
  while (last.instruction.effects.jumps.length === 0 && !leaders.has(last.next)) {
    const next = found.get(last.next);
    if (!next) break;
    instructions.push(next);
    last = next;
  }
  return {
    block: { pc, instructions, end: last.next, expected: expected.get(last.pc) ?? [] },
    last,
  };
}

/** By address of an indirect jump: the places behind the calls of the functions that it ends. */
function expectedReturns({ found }: Exploration): ReadonlyMap<bigint, readonly bigint[]> {
  const sites = new Map<bigint, bigint[]>();
  for (const { calls, next } of found.values()) {
    for (const target of calls) {
      if (!found.has(next)) continue;
      const known = sites.get(target);
      if (known) known.push(next);
      else sites.set(target, [next]);
    }
  }
  const expected = new Map<bigint, bigint[]>();
  for (const [callee, returnsTo] of sites) {
    for (const end of functionEnds(callee, found)) {
      const known = expected.get(end) ?? [];
      const added = returnsTo.filter((site) => !known.includes(site));
      expected.set(end, [...known, ...added].slice(0, mostExpected));
    }
  }
  return expected;
}

/** Indirect jumps that a function reaches without leaving it, calls being stepped over. */
function functionEnds(callee: bigint, found: ReadonlyMap<bigint, Found>): readonly bigint[] {
  const ends: bigint[] = [];
  const seen = new Set<bigint>([callee]);
  const stack = [callee];
  for (let pc = stack.pop(); pc !== undefined; pc = stack.pop()) {
    const at = found.get(pc);
    if (!at) continue;
    if (at.returns) ends.push(pc);
    const { fallsThrough } = at.instruction.effects;
    const steps = fallsThrough || at.calls.length > 0 ? [at.next, ...at.jumps] : at.jumps;
    for (const step of steps) {
      if (seen.has(step)) continue;
      seen.add(step);
      stack.push(step);
    }
  }
  return ends;
}
