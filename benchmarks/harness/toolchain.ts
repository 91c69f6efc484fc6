/** Compiles what is measured: C programs for the host and for the guest, isovm into one file. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { output } from "./command.ts";
import { cacheFolder, root } from "./paths.ts";

/** The compilers, by what they compile for. */
export const compilers = { native: "gcc", riscv64: "riscv64-linux-gnu-gcc" } as const;
export type Target = keyof typeof compilers;

/**
 * Both targets compute the same: no contraction to fused multiply-add, which only one of them has;
 * no `errno` of mathematical functions, which would call the library for a square root.
 */
const flags = ["-O2", "-std=gnu17", "-static", "-ffp-contract=off", "-fno-math-errno"];

/** The executable of a C program, compiled unless one is there that is newer than its sources. */
export function compile(
  name: string,
  source: string,
  headers: readonly string[],
  target: Target,
): string {
  const executable = join(cacheFolder(target), name);
  const newest = Math.max(...[source, ...headers].map((path) => statSync(path).mtimeMs));
  if (!existsSync(executable) || statSync(executable).mtimeMs < newest) {
    output(compilers[target], [...flags, "-o", executable, source]);
  }
  return executable;
}

/**
 * The `isovm` command as it is published, built from the packages' sources into a folder outside of
 * the repository: it must not find the packages themselves. Returns the script that starts it.
 */
export function bundleIsovm(folder: string): string {
  output(process.execPath, [join(root, "packages/cli/bundle.mjs"), join(folder, "cli")]);
  const script = join(folder, "isovm.cjs");
  writeFileSync(
    script,
    'require("./cli/launch.cjs").launch(require("node:path").join(__dirname, "cli"));\n',
  );
  return script;
}
