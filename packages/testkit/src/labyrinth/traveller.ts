/** An engine on a journey: takes one step after the other and says what can be seen after each. */
import { type Engine, type EngineFactory, IsovmError } from "@isovm/isa-spec";
import type { ProcessAddressSpace } from "@isovm/machine";
import { Bench, exitText } from "../differential/bench.ts";
import { firstDifference, type Snapshot, snapshotOf } from "../differential/snapshot.ts";
import type { TestProfile } from "../profiles/profile.ts";
import { type Mapping, pageBytes, rights, sandbox, sandboxMappings } from "../program/layout.ts";
import { sandboxBytes } from "../program/test-case.ts";
import { codePageCount, type Journey, type Step } from "./journey.ts";
import { bodyOf, type PlacedLabyrinth, placeLabyrinth } from "./labyrinth.ts";

/** Two engines went different ways. */
export class DetourError extends IsovmError<{ readonly journey: Journey; readonly step: number }> {}

const all = rights.read | rights.write | rights.execute;
const codeStart = 0x1_0000;
/** Code and the sandbox. */
const mappings: readonly Mapping[] = [
  { start: codeStart, length: codePageCount * pageBytes, rights: all },
  ...sandboxMappings,
];

/** What can be seen after a step. */
interface View {
  readonly exit: string;
  readonly snapshot: Snapshot;
}

/** How a traveller goes. */
export interface TravelOptions {
  /** Engines over one memory, which take turns; 1 if not given. */
  readonly engineCount?: number;
  /** Runs are split into pieces of so many instructions; not at all if not given. */
  readonly pieces?: number;
}

/** An engine that travels, or several that take turns. */
export class Traveller {
  readonly bench: Bench;
  readonly #profile: TestProfile;
  readonly #engines: readonly Engine[];
  readonly #pieces: number;
  #spaces: ProcessAddressSpace[] = [];
  #placed: PlacedLabyrinth[] = [];
  #journey: Journey | undefined;
  /** By engine: what it had retired at the beginning. */
  #retired: readonly bigint[] = [];
  #turn = 0;
  #stops = 0;

  constructor(profile: TestProfile, factory: EngineFactory, options: TravelOptions = {}) {
    const { isa } = profile;
    this.#profile = profile;
    this.bench = new Bench(isa, factory);
    const { engine, memory } = this.bench;
    const others = Array.from({ length: (options.engineCount ?? 1) - 1 }, () =>
      factory({ isa, memory, clock: { time: () => 0n } }),
    );
    this.#engines = [engine, ...others];
    this.#pieces = options.pieces ?? Number.POSITIVE_INFINITY;
  }

  /** The engine whose turn it is. */
  get engine(): Engine {
    return this.#engines[this.#turn] ?? this.bench.engine;
  }

  /** Stands at the beginning of a journey. */
  begin(journey: Journey): void {
    const { bench } = this;
    this.#journey = journey;
    this.#placed = journey.labyrinths.map((one) => placeLabyrinth(this.#profile, one));
    bench.reset(mappings);
    for (const old of this.#spaces) if (old !== bench.space) old.dispose();
    const other = bench.newSpace();
    this.#spaces = [bench.space, other];
    for (const { start, length, rights: protection } of mappings) {
      other.map({ start, length, protection });
    }
    this.#spaces.forEach((_, index) => {
      this.#fill(index);
    });
    this.#turn = 0;
    bench.setRegisters(journey.registers);
    bench.engine.state.pc = BigInt(this.#addressOf(0));
    this.#retired = this.#engines.map(({ retired }) => retired);
    this.#stops = 0;
  }

  /** Takes a step. */
  take(step: Step): View {
    const { bench, engine } = this;
    const { space } = bench;
    let exit = "";
    switch (step.kind) {
      case "run":
        exit = this.#run(engine, step.budget);
        break;
      case "go":
        engine.state.pc = BigInt(this.#addressOf(step.block));
        break;
      case "protect":
        space.protect(pageAt(step.page), pageBytes, step.rights);
        break;
      case "unmap":
        space.unmap(pageAt(step.page), pageBytes);
        break;
      case "map":
        space.map({ start: pageAt(step.page), length: pageBytes, protection: all });
        if (!step.isEmpty) this.#fill(this.#current, pageAt(step.page));
        break;
      case "patch": {
        const bytes = bodyOf(this.#profile, step.items);
        const at = this.#addressOf(step.block);
        if (isMapped(space, at, bytes.length)) space.poke(at, bytes);
        break;
      }
      case "enter": {
        const next = this.#spaces[step.space];
        if (next) bench.enter(next);
        break;
      }
      case "fork": {
        const old = this.#spaces[step.space];
        if (!old || old === space) break;
        old.dispose();
        this.#spaces[step.space] = space.fork();
        const placed = this.#placed[this.#current];
        if (placed) this.#placed[step.space] = placed;
        break;
      }
    }
    const { layout } = this.#profile.isa;
    const view = { exit, snapshot: snapshotOf(engine, layout, this.#retired[this.#turn] ?? 0n) };
    if (step.kind === "run") this.#takeTurns();
    return view;
  }

  /** All that can be read. */
  memory(): Uint8Array {
    const parts: Uint8Array[] = [];
    for (const space of this.#spaces) {
      for (const page of pages) {
        if (isMapped(space, page, pageBytes)) {
          space.protect(page, pageBytes, all);
          parts.push(space.read(page, pageBytes));
        }
      }
    }
    return new Uint8Array(Buffer.concat(parts));
  }

  get #current(): number {
    return Math.max(0, this.#spaces.indexOf(this.bench.space));
  }

  /** Has the next engine go on where this one stopped. */
  #takeTurns(): void {
    const saved = this.engine.state.save();
    this.#turn = (this.#turn + 1) % this.#engines.length;
    this.engine.state.load(saved);
  }

  /** Runs; behind what stops the engine it goes on in a block. */
  #run(engine: Engine, budget: number): string {
    const end = engine.retired + BigInt(budget);
    let exit = engine.run(Math.min(budget, this.#pieces));
    while (exit.kind === "budget" && engine.retired < end) {
      exit = engine.run(Math.min(Number(end - engine.retired), this.#pieces));
    }
    const text = exitText(exit);
    if (exit.kind === "budget") return text;
    const { state } = engine;
    const { pc } = state;
    this.#stops += 1;
    const { length } = this.bench.instructionBytes(pc);
    state.pc = exit.kind === "effect" ? pc + BigInt(length) : BigInt(this.#addressOf(this.#stops));
    return `${text} at 0x${pc.toString(16)}`;
  }

  #addressOf(block: number): number {
    const offsets = this.#placed[this.#current]?.offsets ?? [0];
    return (this.#journey?.start ?? 0) + (offsets[block % offsets.length] ?? 0);
  }

  /** Fills pages with what they have at the beginning, or one of them. */
  #fill(index: number, page?: number): void {
    const space = this.#spaces[index];
    const { start = 0, memorySeed = 0 } = this.#journey ?? {};
    const code = this.#placed[index]?.code ?? new Uint8Array();
    const data = sandboxBytes(memorySeed, sandbox.forbidden - sandbox.start);
    for (const [at, bytes] of [
      [start, code],
      [sandbox.start, data],
    ] as const) {
      for (const own of page === undefined ? pages : [page]) {
        const [from, to] = [Math.max(own, at), Math.min(own + pageBytes, at + bytes.length)];
        if (from < to) space?.poke(from, bytes.subarray(from - at, to - at));
      }
    }
  }
}

const pages = mappings.flatMap(({ start, length }) =>
  Array.from({ length: length / pageBytes }, (_, index) => start + index * pageBytes),
);

function pageAt(index: number): number {
  return pages[index % pages.length] ?? codeStart;
}

function isMapped(space: ProcessAddressSpace, start: number, length: number): boolean {
  for (let page = start - (start % pageBytes); page < start + length; page += pageBytes) {
    if (space.regionAt(page) === undefined) return false;
  }
  return true;
}

/**
 * Has two engines make a journey.
 *
 * @throws DetourError if something differs on the way.
 */
export function travel(
  profile: TestProfile,
  travellers: readonly [Traveller, Traveller],
  journey: Journey,
): void {
  const { layout } = profile.isa;
  const [a, b] = travellers;
  a.begin(journey);
  b.begin(journey);
  const fail = (step: number, text: string): never => {
    throw new DetourError(`${a.bench.engine.name} and ${b.bench.engine.name} differ ${text}`, {
      journey,
      step,
    });
  };
  journey.steps.forEach((step, index) => {
    const [one, other] = [a.take(step), b.take(step)];
    const at = `after step ${index}, ${step.kind}`;
    if (one.exit !== other.exit) fail(index, `${at}: ${one.exit} and ${other.exit}`);
    const difference = firstDifference(layout, one.snapshot, other.snapshot);
    if (difference) {
      const [left, right] = difference.values.map((value) => `0x${value.toString(16)}`);
      fail(index, `${at}: ${difference.name} is ${left} and ${right}`);
    }
  });
  if (Buffer.compare(a.memory(), b.memory()) !== 0) fail(journey.steps.length, "in memory");
}
