/** The figures of `isovm run --stats`. */
import type { StoreFigures } from "../store/run-store.ts";
import type { Session } from "./session.ts";

/** One object, the last line of standard error. */
export interface RunStatistics {
  /** Guest instructions executed. */
  readonly instructions: number;
  /** Share of them that translated code executed. */
  readonly translatedFraction: number;
  /** Guest instructions that were translated, each counted once. */
  readonly translatedInstructions: number;
  /** Regions of guest code that were translated. */
  readonly regions: number;
  readonly translateMs: number;
  /** Time from the program's first instruction to its end, waiting included. */
  readonly wallMs: number;
  /** Time before that: the ISA, the engine, loading the program. */
  readonly startMs: number;
  /** Millions of instructions a second of `wallMs`. */
  readonly mips: number;
  readonly engine: string;
  readonly isa: string;
  readonly systemCalls: number;
  readonly peakMemoryBytes: number;
  /** What was done with the translation store; undefined without one. */
  readonly store?: StoreFigures;
  /** Figures of the engine's own. */
  readonly engineFigures: Readonly<Record<string, number>>;
}

/** The figures of a run that has ended. */
export function statisticsOf(
  session: Session,
  wallMs: number,
  startMs: number,
  store: StoreFigures | undefined,
): RunStatistics {
  const { vm } = session;
  const instructions = Number(vm.executed);
  return {
    instructions,
    translatedFraction: 0,
    translatedInstructions: 0,
    regions: 0,
    translateMs: 0,
    wallMs: round(wallMs),
    startMs: round(startMs),
    mips: round(instructions / (wallMs * 1e3)),
    engine: vm.engine.name,
    isa: vm.isa.name,
    systemCalls: session.systemCalls,
    peakMemoryBytes: session.peakMemoryBytes,
    ...(store && { store: { ...store, openMs: round(store.openMs), saveMs: round(store.saveMs) } }),
    engineFigures: vm.engine.statistics(),
  };
}

function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : 0;
}
