/** Runs one test case under several engines and finds where they first differ. */
import type { Exit } from "@isovm/isa-spec";
import type { TestProfile } from "../profiles/profile.ts";
import { type Mapping, pageBytes, rights, sandbox, sandboxMappings } from "../program/layout.ts";
import { type PreparedCase, prepare, sandboxBytes, type TestCase } from "../program/test-case.ts";
import { type Bench, exitText } from "./bench.ts";
import { firstDifference, type Snapshot, snapshotOf } from "./snapshot.ts";

/** Where two engines first differ. */
export interface Divergence {
  /** What differs: `exit`, `pc`, `retired`, `reservation`, `memory`, or a register. */
  readonly field: string;
  /** By engine, in the order of the benches. */
  readonly values: readonly [string, string];
  readonly engines: readonly [string, string];
  /** Address of the instruction executed last, if the engines went instruction by instruction. */
  readonly pc: bigint | undefined;
  /** Instructions executed before. */
  readonly executed: number;
}

/** How a case is run. */
export interface RunOptions {
  /** Instructions of the n-th run; they repeat. One instruction at a time if not given. */
  readonly budgets?: readonly number[];
  /** Instructions and stops after which a case ends; 300 if not given. */
  readonly limit?: number;
  /** Told of every exit, for coverage. */
  readonly observe?: (bench: Bench, exit: Exit) => void;
}

/** The mappings of a test case: its code, and the sandbox. */
export function mappingsOf(test: TestCase, { code }: PreparedCase): readonly Mapping[] {
  const first = Math.floor(test.start / pageBytes) * pageBytes;
  const end = Math.ceil((test.start + code.length) / pageBytes) * pageBytes;
  const length = test.onePage ? pageBytes : end - first;
  return [{ start: first, length, rights: rights.read | rights.execute }, ...sandboxMappings];
}

/** Prepares a bench for a test case and gives the mappings made. */
export function load(bench: Bench, test: TestCase, prepared: PreparedCase): readonly Mapping[] {
  const mappings = mappingsOf(test, prepared);
  bench.reset(mappings);
  const [codePages] = mappings;
  const room = codePages ? codePages.start + codePages.length - test.start : 0;
  bench.poke(test.start, prepared.code.subarray(0, room));
  bench.poke(sandbox.start, sandboxBytes(test.memorySeed, sandbox.forbidden - sandbox.start));
  bench.setRegisters(test.registers);
  bench.engine.state.pc = BigInt(test.start);
  return mappings;
}

/** One run of an engine: why it stopped, and what it left. */
interface Stop {
  readonly exit: Exit;
  readonly snapshot: Snapshot;
}

/**
 * Where two engines first differ on a test case, or undefined if they agree.
 *
 * An instruction that traps, faults or asks for the host is noted and skipped, so that the rest of
 * the program runs too; a program ends at its last instruction, or where it can't be fetched.
 */
export function compareEngines(
  profile: TestProfile,
  benches: readonly [Bench, Bench],
  test: TestCase,
  options: RunOptions = {},
): Divergence | undefined {
  const { budgets = [1], limit = 300, observe } = options;
  const prepared = prepare(profile, test);
  const [a, b] = benches;
  const engines = [a.engine.name, b.engine.name] as const;
  const mappings = load(a, test, prepared);
  load(b, test, prepared);
  const before = [a.engine.retired, b.engine.retired] as const;
  const { layout } = profile.isa;
  let executed = 0;
  for (let round = 0; executed < limit; round += 1) {
    const budget = Math.min(budgets[round % budgets.length] ?? 1, limit - executed);
    const pc = budget === 1 ? a.engine.state.pc : undefined;
    const at = { engines, pc, executed };
    const stops = [stopOf(a, budget, before[0]), stopOf(b, budget, before[1])] as const;
    const exits = [exitText(stops[0].exit), exitText(stops[1].exit)] as const;
    if (exits[0] !== exits[1]) return { ...at, field: "exit", values: exits };
    const difference = firstDifference(layout, stops[0].snapshot, stops[1].snapshot);
    if (difference) {
      const { name, values } = difference;
      return { ...at, field: name, values: [hex(values[0]), hex(values[1])] };
    }
    observe?.(a, stops[0].exit);
    executed += budget;
    const { exit } = stops[0];
    if (exit.kind === "budget") continue;
    const { pc: stopped } = a.engine.state;
    // Beyond its code a program that jumped anywhere would stop at every word.
    if (stopped < BigInt(test.start) || stopped >= prepared.end) break;
    if (exit.kind === "fault" && exit.access === "fetch") break;
    if (!a.skipInstruction() || !b.skipInstruction()) break;
  }
  return memoryDifference(benches, mappings, { engines, pc: undefined, executed });
}

function stopOf({ engine, isa }: Bench, budget: number, retiredBefore: bigint): Stop {
  const exit = engine.run(budget);
  return { exit, snapshot: snapshotOf(engine, isa.layout, retiredBefore) };
}

function memoryDifference(
  [a, b]: readonly [Bench, Bench],
  mappings: readonly Mapping[],
  at: Pick<Divergence, "engines" | "pc" | "executed">,
): Divergence | undefined {
  for (const mapping of mappings) {
    const [left, right] = [a.contentOf(mapping), b.contentOf(mapping)];
    if (!left || !right) continue;
    const index = left.findIndex((byte, offset) => byte !== right[offset]);
    if (index < 0) continue;
    return {
      ...at,
      field: `memory at 0x${(mapping.start + index).toString(16)}`,
      values: [byteText(left[index]), byteText(right[index])],
    };
  }
  return undefined;
}

function hex(value: bigint): string {
  return value < 0n ? "none" : `0x${value.toString(16)}`;
}

function byteText(byte: number | undefined): string {
  return `0x${(byte ?? 0).toString(16)}`;
}
