/**
 * Region formation: follows control flow from an entry over instructions that are worth it, into
 * the functions that are called and back from them, as far as the limit allows.
 */
import { entriesOf } from "../control-flow/entries.ts";
import { jumpKind } from "../ir/jumps.ts";
import type { GuestCode, PlacedInstruction } from "./guest-code.ts";
import type { Region, RegionBlock } from "./region.ts";

/** What formation asks of the engine. */
export interface FormationOptions {
  readonly code: GuestCode;
  /** Whether an instruction may be part of the region: what is cold stays outside. */
  readonly includes: (instruction: PlacedInstruction) => boolean;
  /** Where an indirect jump was seen to go. */
  readonly observed: (instruction: PlacedInstruction) => Iterable<number>;
  /** Whether the region is entered at the headers of its loops, too; default false. */
  readonly entersLoops?: boolean;
  /** Instructions of a region at most. */
  readonly limit: number;
}

/** Addresses that an indirect jump is expected to go to at most. */
const mostExpected = 128;

/** The region at an entry; undefined if its first instruction can't be translated. */
export function formRegion(entry: number, options: FormationOptions): Region | undefined {
  const exploration = new Exploration(options);
  exploration.explore(entry);
  if (!exploration.found.has(entry)) return undefined;
  return buildRegion(entry, exploration, options);
}

class Exploration {
  readonly found = new Map<number, PlacedInstruction>();
  /** Addresses where a block begins. */
  readonly leaders = new Set<number>();
  /** By address of an indirect jump, where the instruction before it sends it. */
  readonly computed = new Map<number, number>();
  readonly #options: FormationOptions;

  constructor(options: FormationOptions) {
    this.#options = options;
  }

  explore(entry: number): void {
    const queue = [entry];
    this.leaders.add(entry);
    for (const start of queue) this.#walk(start, queue);
  }

  #walk(start: number, queue: number[]): void {
    const { code, includes, limit } = this.#options;
    let before: PlacedInstruction | undefined;
    for (let pc = start; !this.found.has(pc); ) {
      const placed = this.found.size < limit ? code.at(pc) : undefined;
      if (!placed || !includes(placed)) return;
      this.found.set(pc, placed);
      const { jumps, calls, next, instruction } = placed;
      for (const target of jumps) this.#lead(target, queue);
      for (const target of calls) {
        this.#lead(target, queue);
        // Where the callee returns to, if it does so within the region.
        this.#lead(next, queue);
      }
      const { effects } = instruction;
      if (effects.jumps.length > 0) {
        for (const target of this.#options.observed(placed)) this.#lead(target, queue);
        const target = before && code.computedTarget(before, placed);
        if (target !== undefined) {
          this.computed.set(pc, target);
          this.#lead(target, queue);
          if (isCall(placed)) this.#lead(next, queue);
        }
      }
      if (!effects.fallsThrough) return;
      if (effects.jumps.length > 0) this.leaders.add(next);
      before = placed;
      pc = next;
    }
  }

  #lead(address: number, queue: number[]): void {
    if (this.leaders.has(address)) return;
    this.leaders.add(address);
    queue.push(address);
  }
}

function buildRegion(entry: number, exploration: Exploration, options: FormationOptions): Region {
  const expected = expectedTargets(exploration, options);
  const blocks: RegionBlock[] = [];
  const blockAt = new Map([[entry, 0]]);
  const successors: number[][] = [];
  const queue = [entry];
  const numberOf = (pc: number): number => {
    let number = blockAt.get(pc) ?? -1;
    if (number < 0 && exploration.found.has(pc)) {
      number = queue.push(pc) - 1;
      blockAt.set(pc, number);
    }
    return number;
  };
  let instructionCount = 0;
  // Only what is reachable becomes part of it: the place behind a call needs its return.
  for (const pc of queue) {
    const { block, last } = collectBlock(pc, exploration, expected);
    instructionCount += block.instructions.length;
    blocks.push(block);
    const targets = [...last.jumps, ...last.calls, ...block.expected];
    if (last.instruction.effects.fallsThrough) targets.push(block.end);
    successors.push([...new Set(targets.map(numberOf).filter((number) => number >= 0))]);
  }
  const entries = options.entersLoops ? entriesOf({ successors }) : [0];
  return { entry, entries, blocks, successors, blockAt, instructionCount };
}

function collectBlock(
  pc: number,
  { found, leaders }: Exploration,
  expected: ReadonlyMap<number, readonly number[]>,
): { readonly block: RegionBlock; readonly last: PlacedInstruction } {
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

/**
 * By address of an indirect jump: where it was seen to go, and the places behind the calls of the
 * functions that it ends.
 */
function expectedTargets(
  { found, computed }: Exploration,
  { code, observed }: FormationOptions,
): ReadonlyMap<number, readonly number[]> {
  const sites = new Map<number, number[]>();
  for (const [pc, placed] of found) {
    const { calls, next } = placed;
    const far = isCall(placed) ? computed.get(pc) : undefined;
    for (const target of far === undefined ? calls : [...calls, far]) {
      if (!found.has(next)) continue;
      const known = sites.get(target);
      if (known) known.push(next);
      else sites.set(target, [next]);
    }
  }
  const expected = new Map<number, number[]>();
  for (const [pc, placed] of found) {
    if (placed.instruction.effects.jumps.length === 0) continue;
    const far = computed.get(pc);
    const all = new Set(far === undefined ? observed(placed) : [far, ...observed(placed)]);
    const targets = [...all].filter((target) => found.has(target));
    if (targets.length > 0) expected.set(pc, targets.slice(0, mostExpected));
  }
  for (const [callee, returnsTo] of sites) {
    for (const end of functionEnds(callee, found, code)) {
      const known = expected.get(end) ?? [];
      const added = returnsTo.filter((site) => !known.includes(site));
      expected.set(end, [...known, ...added].slice(0, mostExpected));
    }
  }
  return expected;
}

function isCall({ instruction }: PlacedInstruction): boolean {
  return jumpKind(instruction) === "call";
}

/** Returns that a function reaches without leaving it, calls being stepped over. */
function functionEnds(
  callee: number,
  found: ReadonlyMap<number, PlacedInstruction>,
  code: GuestCode,
): readonly number[] {
  const ends: number[] = [];
  const seen = new Set([callee]);
  const stack = [callee];
  for (let pc = stack.pop(); pc !== undefined; pc = stack.pop()) {
    const at = found.get(pc);
    if (!at) continue;
    const { fallsThrough, jumps } = at.instruction.effects;
    if (jumps.length > 0 && code.isReturn(at)) ends.push(pc);
    const comesBack = fallsThrough || isCall(at);
    const steps = comesBack ? [at.next, ...at.jumps] : at.jumps;
    for (const step of steps) {
      if (seen.has(step)) continue;
      seen.add(step);
      stack.push(step);
    }
  }
  return ends;
}
