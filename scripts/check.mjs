#!/usr/bin/env node
/**
 * `npm run check [-- STEP…]`: everything that is checked besides the tests. The steps' output is
 * shown where they fail. `ISOVM_COUNTS=FILE` in the environment asks for `{ passed, failed }` there.
 */
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const packed = join(root, ".cache/packed");
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

/** Where the workspace keeps each package, by its name. */
const directories = () =>
  new Map(
    readdirSync(join(root, "packages")).map((directory) => {
      const path = join(root, "packages", directory);
      return [JSON.parse(readFileSync(join(path, "package.json"), "utf8")).name, path];
    }),
  );

/**
 * Imports every entry point of the packed packages and starts their commands, as a project that has
 * installed them. A package finds what its packed manifest declares and nothing else: it stands
 * outside of the repository, beside links to its dependencies.
 */
function consume() {
  const consumer = mkdtempSync(join(tmpdir(), "isovm-consumer-"));
  const link = (from, name, to) => {
    const path = join(consumer, from, "node_modules", name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(to, path, "junction");
  };
  try {
    const workspace = directories();
    const manifests = tarballs().map((tarball, index) => {
      const directory = join(consumer, `package-${index}`);
      mkdirSync(directory);
      run("tar", "-xzf", tarball, "-C", directory, "--strip-components=1");
      return { directory, ...JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) };
    });
    const packedAt = new Map(manifests.map(({ name, directory }) => [name, directory]));
    for (const [index, { name, dependencies }] of manifests.entries()) {
      link("project", name, packedAt.get(name));
      for (const dependency of Object.keys(dependencies ?? {})) {
        const installed = join(workspace.get(name), "node_modules", dependency);
        link(`package-${index}`, dependency, packedAt.get(dependency) ?? realpathSync(installed));
      }
    }
    const entries = manifests.flatMap(({ name, exports }) =>
      Object.keys(exports).map((entry) => `${name}${entry.slice(1)}`),
    );
    const script = join(consumer, "project/import.mjs");
    writeFileSync(join(consumer, "project/package.json"), '{ "private": true }');
    writeFileSync(
      script,
      entries.map((entry) => `await import(${JSON.stringify(entry)});\n`).join(""),
    );
    run(process.execPath, script);
    for (const { directory, bin } of manifests) {
      for (const file of Object.values(bin ?? {})) {
        run(process.execPath, join(directory, file), "--version");
      }
    }
  } finally {
    rmSync(consumer, { recursive: true, force: true });
  }
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
