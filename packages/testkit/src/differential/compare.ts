/** Runs one test case under several engines and finds where they first differ. */
import type { Exit, Isa } from "@isovm/isa-spec";
import type { TestProfile } from "../profiles/profile.ts";
import {
  highDistance,
  type Mapping,
  pageBytes,
  rights,
  sandbox,
  sandboxesOf,
} from "../program/layout.ts";
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
  /**
   * Instructions of the second engine's runs, which then have to end where the first one's stops
   * are, in the same states.
   */
  readonly secondBudgets?: readonly number[];
  /** Instructions and stops after which a case ends; 300 if not given. */
  readonly limit?: number;
  /** Told of every exit, for coverage. */
  readonly observe?: (bench: Bench, exit: Exit) => void;
}

/** The mappings of a test case: its code, and the sandbox. */
const all = rights.read | rights.write | rights.execute;

function mappingsOf(
  { addressWidth }: Isa,
  test: TestCase,
  { code }: PreparedCase,
): readonly Mapping[] {
  const first = Math.floor(test.start / pageBytes) * pageBytes;
  const end = Math.ceil((test.start + code.length) / pageBytes) * pageBytes;
  const limit = addressWidth === 32 ? 2 ** 32 : Number.POSITIVE_INFINITY;
  const length = test.onePage ? pageBytes : Math.min(end, limit) - first;
  return [
    { start: first, length, rights: test.writableCode ? all : all & ~rights.write },
    ...sandboxesOf(addressWidth),
  ];
}

/** Prepares a bench for a test case and gives the mappings made. */
export function load(bench: Bench, test: TestCase, prepared: PreparedCase): readonly Mapping[] {
  const mappings = mappingsOf(bench.isa, test, prepared);
  bench.reset(mappings);
  const [codePages] = mappings;
  const room = codePages ? codePages.start + codePages.length - test.start : 0;
  bench.poke(test.start, prepared.code.subarray(0, room));
  const length = sandbox.forbidden - sandbox.start;
  bench.poke(sandbox.start, sandboxBytes(test.memorySeed, length));
  if (bench.isa.addressWidth === 64) {
    bench.poke(sandbox.start + highDistance, sandboxBytes(test.memorySeed ^ 1, length));
  }
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
  const { budgets = [1], secondBudgets, limit = 300, observe } = options;
  const prepared = prepare(profile, test);
  const [a, b] = benches;
  const engines = [a.engine.name, b.engine.name] as const;
  const mappings = load(a, test, prepared);
  load(b, test, prepared);
  const before = [a.engine.retired, b.engine.retired] as const;
  const { layout } = profile.isa;
  const [first, second] = [endless(budgets), endless(secondBudgets ?? budgets)];
  let executed = 0;
  /** Instructions that stopped the engines: they count, but don't retire. */
  let stopped = 0;
  while (executed < limit) {
    const left = limit - executed;
    const pc = a.engine.state.pc;
    const stops = secondBudgets
      ? ([untilStop(a, first, left, before[0]), untilStop(b, second, left, before[1])] as const)
      : ([once(a, first, left, before[0]), once(b, second, left, before[1])] as const);
    const [{ exit, snapshot }, other] = stops;
    const consumed =
      Number(snapshot.retired) + stopped + (exit.kind === "budget" ? 0 : 1) - executed;
    const at = { engines, pc: consumed === 1 ? pc : undefined, executed };
    const exits = [exitText(exit), exitText(other.exit)] as const;
    if (exits[0] !== exits[1]) return { ...at, field: "exit", values: exits };
    const difference = firstDifference(layout, snapshot, other.snapshot);
    if (difference) {
      const { name, values } = difference;
      return { ...at, field: name, values: [hex(values[0]), hex(values[1])] };
    }
    observe?.(a, exit);
    executed += consumed;
    if (exit.kind === "budget") continue;
    stopped += 1;
    const stoppedAt = a.engine.state.pc;
    // Beyond its code a program that jumped anywhere would stop at every word.
    if (stoppedAt < BigInt(test.start) || stoppedAt >= prepared.end) break;
    if (exit.kind === "fault" && exit.access === "fetch") break;
    if (!a.skipInstruction() || !b.skipInstruction()) break;
  }
  return memoryDifference(benches, mappings, { engines, pc: undefined, executed });
}

/** The budgets over and over. */
function* endless(budgets: readonly number[]): Generator<number, never> {
  for (;;) yield* budgets.length === 0 ? [1] : budgets;
}

type Budgets = Generator<number, never>;

/** One run of the next budget. */
function once({ engine, isa }: Bench, budgets: Budgets, left: number, before: bigint): Stop {
  const exit = engine.run(Math.min(budgets.next().value, left));
  return { exit, snapshot: snapshotOf(engine, isa.layout, before) };
}

/** Runs until something else than a budget ends them, or `left` instructions are done. */
function untilStop(bench: Bench, budgets: Budgets, left: number, before: bigint): Stop {
  const { engine } = bench;
  const end = engine.retired + BigInt(left);
  for (;;) {
    const stop = once(bench, budgets, Number(end - engine.retired), before);
    if (stop.exit.kind !== "budget" || engine.retired >= end) return stop;
  }
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
