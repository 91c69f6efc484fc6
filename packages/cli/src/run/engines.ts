/** The engines that `--engine` names. */
import {
  type InterpreterPrograms,
  interpreter,
  interpreterWith,
  reference,
} from "@isovm/interpreter";
import type { EngineFactory, RegionHostFactory } from "@isovm/isa-spec";
import { type TieredOptions, tiered } from "@isovm/translator";
import { UsageError } from "../errors.ts";

/** What engines are given: kept interpreters, and what concerns those that translate. */
export interface EngineServices extends Pick<TieredOptions, "translations" | "onRegion"> {
  readonly programs?: InterpreterPrograms;
}

/** An engine, and how much it executes before the process looks after signals and input. */
export interface EngineChoice {
  readonly name: string;
  /** Whether it translates, and takes up translations that were kept. */
  readonly translates: boolean;
  readonly create: (services: EngineServices) => EngineFactory;
  /** Instructions of some ten milliseconds: fixed, so that threads always interleave alike. */
  readonly sliceInstructions: number;
}

const engines: readonly EngineChoice[] = [
  {
    name: "tiered",
    translates: true,
    create: ({ programs, ...services }) =>
      tiered(interpreterOf(programs), { now: () => performance.now(), ...services }),
    sliceInstructions: 16_000_000,
  },
  {
    name: "interpreter",
    translates: false,
    create: ({ programs }) => interpreterOf(programs),
    sliceInstructions: 4_000_000,
  },
  { name: "reference", translates: false, create: () => reference, sliceInstructions: 20_000 },
];

function interpreterOf(programs: InterpreterPrograms | undefined): RegionHostFactory {
  return programs ? interpreterWith(programs) : interpreter;
}

/** The names for help texts. */
export const engineNames: readonly string[] = engines.map(({ name }) => name);

/**
 * The engine of a name.
 *
 * @throws UsageError
 */
export function engineNamed(name: string): EngineChoice {
  const engine = engines.find((candidate) => candidate.name === name);
  if (!engine) {
    throw new UsageError(`there is no engine "${name}"; give one of ${engineNames.join(", ")}`);
  }
  return engine;
}
