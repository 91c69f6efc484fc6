#!/usr/bin/env node
/**
 * `npm start`: the main job. The unmodified esbuild for riscv64 Linux, run by isovm, bundles and
 * minifies TypeScript of this repository; the native esbuild has to write the same.
 */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const guest = "node_modules/@esbuild/linux-riscv64/bin/esbuild";
const entry = "packages/isa-spec/src/index.ts";

const progress = (line) => process.stderr.write(`${line}\n`);

/** Runs isovm; its standard error ends with the statistics. */
async function isovm(...args) {
  const child = spawn(process.execPath, [join(root, "packages/cli/bin/isovm.js"), ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stdout = [];
  let stderr = "";
  child.stdout.on("data", (chunk) => stdout.push(chunk));
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const start = performance.now();
  const timer = setInterval(
    () => progress(`  … ${((performance.now() - start) / 1000).toFixed(0)} s`),
    5000,
  );
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  clearInterval(timer);
  if (code !== 0) {
    process.stderr.write(stderr);
    throw new Error(`isovm ${args.join(" ")} ended with ${code}`);
  }
  return { output: Buffer.concat(stdout), stats: JSON.parse(stderr.trimEnd().split("\n").at(-1)) };
}

progress(`isovm runs ${guest} to bundle and minify ${entry} …`);
const mount = `${root}:/isovm:ro`;
const options = ["--bundle", "--minify", "--format=esm", "--target=es2023"];
const { output, stats } = await isovm(
  ...["run", "--stats", "--mount", mount, join(root, guest), `/isovm/${entry}`, ...options],
);

const native = await build({
  absWorkingDir: root,
  entryPoints: [entry],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2023",
  write: false,
});
if (!output.equals(Buffer.from(native.outputFiles[0].contents))) {
  process.stderr.write("The output differs from the native esbuild's.\n");
  process.exit(1);
}

const number = (value) => value.toLocaleString("en");
const seconds = stats.wallMs / 1000;
process.stdout.write(
  [
    `${number(output.length)} bytes, the same as from the native esbuild.`,
    `${number(stats.instructions)} guest instructions in ${seconds.toFixed(1)} s, ` +
      `${number(Math.round(stats.mips))} million a second; ` +
      `${number(stats.systemCalls)} system calls.`,
    "",
  ].join("\n"),
);
