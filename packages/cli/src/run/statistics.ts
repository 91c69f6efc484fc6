/** The figures of `--stats`. */
import type { Engine, Isa } from "@isovm/isa-spec";
import type { StoreFigures } from "../store/run-store.ts";
import type { Session } from "./session.ts";

/** How many instructions each tier has executed. */
export interface ExecutedByTier {
  readonly interpreted: number;
  readonly translated: number;
}

/** Figures that every command has which runs a guest: one object, the last line of standard error. */
export interface EngineStatistics {
  /** Guest instructions executed. */
  readonly instructions: number;
  /** The same by what executed them. */
  readonly executed: ExecutedByTier;
  /** Share of them that translated code executed. */
  readonly translatedFraction: number;
  /** Guest instructions in the regions that were translated. */
  readonly translatedInstructions: number;
  /** Regions of guest code that were translated. */
  readonly regions: number;
  /** Time to find, form and translate them. */
  readonly translateMs: number;
  /** Time from the program's first instruction to its end, waiting included. */
  readonly wallMs: number;
  /** Time before that: the ISA, the engine, loading the program. */
  readonly startMs: number;
  /** Millions of instructions a second of `wallMs`. */
  readonly mips: number;
  readonly engine: string;
  readonly isa: string;
  /** What was done with the translation store; undefined without one. */
  readonly store?: StoreFigures;
  /** Other figures of the engine's own. */
  readonly engineFigures: Readonly<Record<string, number>>;
}

/** The figures of `isovm run`. */
export interface RunStatistics extends EngineStatistics {
  readonly systemCalls: number;
  readonly peakMemoryBytes: number;
}

/** What a run took. */
export interface RunTimes {
  readonly wallMs: number;
  readonly startMs: number;
}

/** The figures of a run that has ended. */
export function statisticsOf(
  session: Session,
  times: RunTimes,
  store: StoreFigures | undefined,
): RunStatistics {
  const { vm, systemCalls, peakMemoryBytes } = session;
  return { ...engineStatistics(vm, vm.isa, times, store), systemCalls, peakMemoryBytes };
}

/** The figures of an engine that has run. */
export function engineStatistics(
  { engine, executed }: { readonly engine: Engine; readonly executed: bigint },
  isa: Isa,
  { wallMs, startMs }: RunTimes,
  store: StoreFigures | undefined,
): EngineStatistics {
  const instructions = Number(executed);
  const {
    executedInRegions = 0,
    translatedInstructions = 0,
    regions = 0,
    translateMs = 0,
    ...engineFigures
  } = engine.statistics();
  return {
    instructions,
    executed: { interpreted: instructions - executedInRegions, translated: executedInRegions },
    translatedFraction: round(executedInRegions / instructions),
    translatedInstructions,
    regions,
    translateMs: round(translateMs),
    wallMs: round(wallMs),
    startMs: round(startMs),
    mips: round(instructions / (wallMs * 1e3)),
    engine: engine.name,
    isa: isa.name,
    ...(store && { store: { ...store, openMs: round(store.openMs), saveMs: round(store.saveMs) } }),
    engineFigures: Object.fromEntries(
      Object.entries(engineFigures).map(([name, figure]) => [name, round(figure)]),
    ),
  };
}

function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : 0;
}
