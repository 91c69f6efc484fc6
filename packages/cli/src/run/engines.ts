/** The engines that `--engine` names. */
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { type TieredOptions, tiered } from "@isovm/translator";
import { UsageError } from "../errors.ts";

/** What an engine that translates is given. */
export type TranslationServices = Pick<TieredOptions, "translations" | "onRegion">;

/** An engine, and how much it executes before the process looks after signals and input. */
export interface EngineChoice {
  readonly name: string;
  /** Whether it translates, and takes up translations that were kept. */
  readonly translates: boolean;
  readonly create: (services: TranslationServices) => EngineFactory;
  /** Instructions of some ten milliseconds: fixed, so that threads always interleave alike. */
  readonly sliceInstructions: number;
}

const engines: readonly EngineChoice[] = [
  {
    name: "tiered",
    translates: true,
    create: (services) => tiered(interpreter, { now: () => performance.now(), ...services }),
    sliceInstructions: 16_000_000,
  },
  {
    name: "interpreter",
    translates: false,
    create: () => interpreter,
    sliceInstructions: 4_000_000,
  },
  { name: "reference", translates: false, create: () => reference, sliceInstructions: 20_000 },
];

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
