/** Where the benchmarks' sources are and where what is made of them goes. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** The repository; benchmarks are started from its root, as npm does. */
export const root: string = process.cwd();

/** The C sources of the kernels. */
export const kernelSources: string = join(root, "benchmarks/kernels");

/** What the programs are given to work on, and sources of programs. */
export const programSources: string = join(root, "benchmarks/programs");

/** A folder of the cache, created if need be. */
export function cacheFolder(...path: readonly string[]): string {
  const folder = join(root, "node_modules/.cache/isovm/bench", ...path);
  mkdirSync(folder, { recursive: true });
  return folder;
}
