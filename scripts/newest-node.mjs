#!/usr/bin/env node
/**
 * `npm run test:newest-node [-- FILTER…]`: tests on the newest Node, which npm installs into
 * `.cache`; those of the engines and of the command, if nothing else is named.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const place = join(root, ".cache/newest-node");
const named = process.argv.slice(2);
const engines = [
  "packages/interpreter",
  "packages/translator",
  "packages/wasm",
  "packages/testkit/src/suite",
  "packages/cli/src/main.test.ts",
];

function run(command, args, cwd = root) {
  const shell = process.platform === "win32" && command === "npm";
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit", shell });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

mkdirSync(place, { recursive: true });
run(
  "npm",
  ["install", "--prefix", ".", "--no-save", "--no-audit", "--no-fund", "node@latest"],
  place,
);
const node = join(place, "node_modules/node/bin/node");
run(node, ["--version"]);
const vitest = join(root, "node_modules/vitest/vitest.mjs");
run(node, [vitest, "run", ...(named.length > 0 ? named : engines)]);
