/** Translators under which programs do the same as under the interpreter they stand on. */
import { interpreter } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { tiered } from "@isovm/translator";
import type { ProgramRun } from "./run-program.ts";

/** The translator as it is used. */
export const translator: EngineFactory = tiered(interpreter);

/** One that makes small regions of whatever it comes by and keeps a few of them at once. */
export function restlessTranslator(samplePeriod: number): EngineFactory {
  return tiered(interpreter, { samplePeriod, threshold: 0, regionLimit: 40, cacheLimit: 16 });
}

/** What a program did that must not depend on the engine. */
export interface Behaviour {
  readonly code: number | undefined;
  readonly executed: bigint;
  readonly stderr: string;
  readonly lines: readonly string[];
}

/** The behaviour of a run. */
export function behaviourOf({ code, stderr, output, vm }: ProgramRun): Behaviour {
  const lines = new TextDecoder("latin1").decode(output).split("\n");
  return { code, executed: vm.executed, stderr, lines };
}
