#!/usr/bin/env node
/**
 * Brings a clone to where everything works, with nothing but Node and npm: dependencies by the
 * pinned pnpm when they are missing or the lock file changed; with `--build`, the packages'
 * JavaScript (so that `npx isovm` runs) when a source changed.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (!((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22)) {
  process.stderr.write(
    `isovm needs Node 20.19 or later (20.x, or 22.12 and up); this is ${process.versions.node}.\n`,
  );
  process.exit(1);
}

/** Whether `stamp` already holds the hash of `files`; `save` records it. */
function upToDate(stamp, files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  const digest = hash.digest("hex");
  const path = join(root, "node_modules/.cache/isovm", stamp);
  return {
    current: existsSync(path) && readFileSync(path, "utf8") === digest,
    save() {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, digest);
    },
  };
}

function run(command, args) {
  const windows = process.platform === "win32";
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // stdout belongs to the command that is being set up for.
    stdio: ["ignore", 2, 2],
    shell: windows,
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const packages = readdirSync(join(root, "packages"))
  .map((name) => `packages/${name}`)
  .filter((path) => existsSync(join(root, path, "package.json")));

const installed = upToDate("install", [
  "package.json",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  ...packages.map((path) => `${path}/package.json`),
]);
if (!installed.current || !existsSync(join(root, "node_modules/.modules.yaml"))) {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  process.stderr.write("isovm: installing dependencies …\n");
  const flags = ["--frozen-lockfile", "--prod=false", "--config.confirm-modules-purge=false"];
  run("npx", ["--yes", packageManager, "install", ...flags, "--reporter=append-only"]);
  installed.save();
}

if (process.argv.includes("--build")) {
  const sources = packages.flatMap((path) => [
    `${path}/package.json`,
    `${path}/tsup.config.ts`,
    ...[`${path}/bundle.mjs`].filter((file) => existsSync(join(root, file))),
    ...readdirSync(join(root, path, "src"), { recursive: true })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .map((file) => `${path}/src/${file.replaceAll("\\", "/")}`)
      .sort(),
  ]);
  const built = upToDate("build", sources);
  if (!built.current || packages.some((path) => !existsSync(join(root, path, "dist")))) {
    process.stderr.write("isovm: building the packages …\n");
    run(process.execPath, ["scripts/build.mjs", "--no-dts"]);
    built.save();
  }
}
