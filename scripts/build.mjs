#!/usr/bin/env node
/**
 * Builds every package (or those named) with its own tsup.config.ts, and with its bundle.mjs if it
 * has one. `--no-dts` leaves the declarations out: they take most of the time, and only publishing
 * needs them.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsup = join(
  dirname(createRequire(import.meta.url).resolve("tsup/package.json")),
  "dist/cli-default.js",
);
const named = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const flags = ["--silent", "--clean", ...(process.argv.includes("--no-dts") ? ["--no-dts"] : [])];

const queue = (named.length > 0 ? named : readdirSync(join(root, "packages"))).filter((name) =>
  existsSync(join(root, "packages", name, "tsup.config.ts")),
);

/** Runs a script in a package's folder; its exit code. */
function run(name, script, ...words) {
  return new Promise((resolve, reject) => {
    spawn(process.execPath, [script, ...words], {
      cwd: join(root, "packages", name),
      stdio: ["ignore", 2, 2],
    })
      .on("error", reject)
      .on("exit", resolve);
  });
}

/** Builds packages from the queue, one after the other. */
async function worker() {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    let code = await run(name, tsup, ...flags);
    const hasBundle = existsSync(join(root, "packages", name, "bundle.mjs"));
    if (code === 0 && hasBundle) code = await run(name, "bundle.mjs");
    if (code !== 0) {
      process.stderr.write(`isovm: the build of packages/${name} failed.\n`);
      process.exitCode = 1;
    }
  }
}

await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
