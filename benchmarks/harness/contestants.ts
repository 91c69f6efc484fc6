/** Who runs the kernels: the host's processor, qemu-user, isovm with each engine. */
import process from "node:process";
import type { Target } from "./toolchain.ts";

/** A way to run a program. */
export interface Contestant {
  readonly name: string;
  /** What the kernels are compiled for. */
  readonly target: Target;
  /** The command that runs a program. */
  readonly command: (program: string, args: readonly string[]) => readonly [string, ...string[]];
}

/** Compiled for the host. */
export const native: Contestant = {
  name: "native",
  target: "native",
  command: (program, args) => [program, ...args],
};

/** What isovm is compared with. */
export const qemu: Contestant = {
  name: "qemu",
  target: "riscv64",
  command: (program, args) => ["qemu-riscv64", program, ...args],
};

/** isovm with one engine; `bundle` is its command as a file of JavaScript. */
export function isovm(bundle: string, engine: string): Contestant {
  return {
    name: `isovm ${engine}`,
    target: "riscv64",
    command: (program, args) => [
      process.execPath,
      bundle,
      "run",
      "--engine",
      engine,
      program,
      ...args,
    ],
  };
}
