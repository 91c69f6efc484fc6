/** How long properties are tried: seconds by default, as long as one likes by the environment. */
import type { Parameters } from "fast-check";

/**
 * Parameters of `fc.assert`: `runs` times the number in the environment variable `ISOVM_FUZZ`, and
 * the seed in `ISOVM_SEED` if it is given.
 *
 * A failure shows fast-check's seed and path: with them in the environment it is repeated.
 */
export function fuzzRuns(runs: number): Parameters<unknown> {
  const environment = globalThis.process?.env ?? {};
  const { ISOVM_FUZZ: factor, ISOVM_SEED: seed } = environment;
  return {
    numRuns: Math.ceil(runs * Number(factor ?? 1)),
    ...(seed !== undefined && { seed: Number(seed) }),
    // Simplifying is given up before the test's time is, so that there is something to read.
    interruptAfterTimeLimit: fuzzTimeout(25_000),
    // Programs are printed by the error itself.
    includeErrorInReport: true,
    reporter: report,
  };
}

/** A time limit in milliseconds for a test that takes `millis` by default. */
export function fuzzTimeout(millis: number): number {
  const { ISOVM_FUZZ: factor } = globalThis.process?.env ?? {};
  return millis * Math.max(1, Number(factor ?? 1));
}

function report(details: {
  failed: boolean;
  seed: number;
  counterexamplePath: string | null;
  numShrinks: number;
  errorInstance?: unknown;
  numRuns: number;
  interrupted: boolean;
}): void {
  if (!details.failed) return;
  const { seed, counterexamplePath, numShrinks, errorInstance, numRuns } = details;
  const cause = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  throw new Error(
    `failed after ${numRuns} runs and ${numShrinks} simplifications; seed ${seed}, path ${counterexamplePath ?? ""}\n${cause}`,
    { cause: errorInstance },
  );
}
