#!/usr/bin/env node
/**
 * `npm run check [-- STEP…]`: everything that is checked besides the tests. The steps' output is
 * shown where they fail. `ISOVM_COUNTS=FILE` in the environment asks for `{ passed, failed }` there.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const packed = join(root, ".cache/packed");
const consumer = join(root, ".cache/consumer");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Runs a command; its name is looked up among the development dependencies first. */
function run(command, ...args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      PATH: `${join(root, "node_modules/.bin")}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}`,
    },
    shell: process.platform === "win32",
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${[command, ...args].join(" ")}\n${stdout}${stderr}`);
}

const tarballs = () =>
  readdirSync(packed)
    .filter((file) => file.endsWith(".tgz"))
    .map((file) => join(packed, file));

/** Imports every entry point of the packed packages, as a project that has installed them. */
function consume() {
  rmSync(consumer, { recursive: true, force: true });
  const names = [];
  for (const tarball of tarballs()) {
    const unpacked = join(consumer, "unpacked");
    mkdirSync(unpacked, { recursive: true });
    run("tar", "-xzf", tarball, "-C", unpacked);
    const { name, exports, bin } = JSON.parse(
      readFileSync(join(unpacked, "package/package.json"), "utf8"),
    );
    cpSync(join(unpacked, "package"), join(consumer, "node_modules", name), { recursive: true });
    rmSync(unpacked, { recursive: true });
    names.push(...Object.keys(exports).map((entry) => `${name}${entry.slice(1)}`));
    for (const file of Object.values(bin ?? {})) {
      if (!existsSync(join(consumer, "node_modules", name, file))) {
        throw new Error(`${name} lacks its command ${file}`);
      }
    }
  }
  const script = join(consumer, "import.mjs");
  writeFileSync(script, names.map((name) => `await import(${JSON.stringify(name)});\n`).join(""));
  run(process.execPath, script);
}

const steps = {
  biome: () => run("biome", "check", "--error-on-warnings", "."),
  types: () => run("tsc", "-p", "tsconfig.json"),
  arrows: () => run("vitest", "run", "--project", "arrows"),
  knip: () => run("knip"),
  build: () => run(process.execPath, "scripts/build.mjs"),
  pack: () => {
    rmSync(packed, { recursive: true, force: true });
    mkdirSync(packed, { recursive: true });
    run("npx", "--yes", manifest.packageManager, "-r", "pack", "--pack-destination", packed);
  },
  publint: () => {
    for (const tarball of tarballs()) run("publint", "run", "--strict", tarball);
  },
  attw: () => {
    for (const tarball of tarballs()) {
      run("attw", "--profile", "esm-only", "--no-definitely-typed", tarball);
    }
  },
  consumer: consume,
  typedoc: () => run("typedoc"),
};

const selected = process.argv.slice(2);
const unknown = selected.filter((name) => !(name in steps));
if (unknown.length > 0) {
  process.stderr.write(
    `no such step: ${unknown.join(" ")}; there are ${Object.keys(steps).join(" ")}\n`,
  );
  process.exit(2);
}

let passed = 0;
let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  if (selected.length > 0 && !selected.includes(name)) continue;
  const start = performance.now();
  let problem;
  try {
    step();
    passed++;
  } catch (error) {
    problem = error.message.trim();
    failed++;
    process.exitCode = 1;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${problem === undefined ? "ok    " : "FAILED"} ${name} ${seconds} s\n`);
  if (problem !== undefined) process.stdout.write(`${problem}\n`);
}
if (process.env.ISOVM_COUNTS) {
  writeFileSync(process.env.ISOVM_COUNTS, JSON.stringify({ passed, failed }));
}
