/** Compiles what is measured: the kernels for the host and for the guest, isovm into one file. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { output } from "./command.ts";
import type { Kernel } from "./kernels.ts";
import { cacheFolder, kernelSources, root } from "./paths.ts";

/** The compilers, by what they compile for. */
export const compilers = { native: "gcc", riscv64: "riscv64-linux-gnu-gcc" } as const;
export type Target = keyof typeof compilers;

/**
 * Both targets compute the same: no contraction to fused multiply-add, which only one of them has;
 * no `errno` of mathematical functions, which would call the library for a square root.
 */
const flags = ["-O2", "-std=gnu17", "-static", "-ffp-contract=off", "-fno-math-errno"];

/** The executable of a kernel, compiled unless a newer one is there. */
export function compileKernel({ name }: Kernel, target: Target): string {
  const executable = join(cacheFolder(target), name);
  const source = join(kernelSources, `${name}.c`);
  const inputs = [source, join(kernelSources, "kernel.h")];
  const newest = Math.max(...inputs.map((path) => statSync(path).mtimeMs));
  if (!existsSync(executable) || statSync(executable).mtimeMs < newest) {
    output(compilers[target], [...flags, "-o", executable, source]);
  }
  return executable;
}

/** The `isovm` command as one file of JavaScript, bundled from the packages' sources. */
export async function bundleIsovm(): Promise<string> {
  const outfile = join(cacheFolder(), "isovm.mjs");
  await build({
    entryPoints: [join(root, "packages/cli/src/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@isovm/source"],
    // CommonJS dependencies ask for Node's modules by `require`.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
  return outfile;
}
