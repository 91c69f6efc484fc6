#!/usr/bin/env node
/**
 * Runs a TypeScript file of this folder against the packages' sources:
 * `node benchmarks/launch.mjs bench.ts …`.
 */
import { spawnSync } from "node:child_process";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const [named, ...all] = process.argv.slice(2);
// `npm run bench -- boot` has a program of its own.
const isBoot = named === "bench.ts" && all[0] === "boot";
const [entry, ...rest] = isBoot ? ["boot.ts", ...all.slice(1)] : [named, ...all];
if (entry === undefined) throw new Error("usage: launch.mjs FILE.ts [ARGUMENT…]");
const outfile = join(folder, "../node_modules/.cache/isovm/bench", `${basename(entry, ".ts")}.mjs`);
await build({
  entryPoints: [join(folder, entry)],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  conditions: ["@isovm/source"],
  // The packages come from their sources; a bundler isn't bundled.
  external: ["esbuild"],
  sourcemap: "inline",
  logLevel: "warning",
});
const { status } = spawnSync(process.execPath, ["--enable-source-maps", outfile, ...rest], {
  stdio: "inherit",
});
process.exit(status ?? 1);
