#!/usr/bin/env node
/**
 * Makes the script that the command runs, with all that it imports, and what can be made for it
 * ahead of time: `node bundle.mjs [DIRECTORY]`.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const directory = resolve(process.argv[2] ?? join(here, "dist"));

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { command: "src/launch/command.ts", launch: "src/launch/launch.ts" },
  outdir: directory,
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "cjs",
  conditions: ["@isovm/source"],
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: true,
  logLevel: "warning",
  // What asks for it is given the script's hash instead.
  logOverride: { "empty-import-meta": "silent" },
});

/** The licences of the libraries that are in the script. */
const libraries = new Set(
  Object.keys(metafile.inputs)
    .filter((path) => path.includes("node_modules/"))
    .map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)[0]),
);
const texts = [...libraries].sort().map((library) => {
  const path = join(here, library);
  const { name, version } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(path, file), "utf8").trim() : "";
  return `${name} ${version}\n\n${text}\n`;
});
writeFileSync(join(directory, "third-party-licences.txt"), texts.join("\n---\n\n"));

for (const kept of ["code", "interpreters"]) {
  if (existsSync(join(directory, kept))) rmSync(join(directory, kept), { recursive: true });
}
const script = join(directory, "command.cjs");
const identity = createHash("sha256").update(readFileSync(script)).digest();
createRequire(script)(script).prepare({ directory, identity });
