/** Compiles C programs for riscv64 Linux, statically linked. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IsovmError } from "@isovm/isa-spec";
import { runOracle } from "../../oracle/index.ts";

/** The cross compiler refused a program; the message is the compiler's. */
export class CompileError extends IsovmError<{ readonly source: string }> {}

/** Options for a C program without a C library; nothing sets its global pointer. */
export const freestanding: readonly string[] = [
  ...["-nostdlib", "-ffreestanding", "-fno-builtin", "-Wl,--no-relax"],
];

/** An executable on the host's disk. */
export interface Compiled {
  readonly path: string;
  readonly contents: Uint8Array;
}

/**
 * Compiles a C source and hands the executable to `use`; it is removed afterwards.
 *
 * @throws CompileError, OracleMissingError
 */
export async function withCompiled<T>(
  source: string,
  options: readonly string[],
  use: (program: Compiled) => Promise<T> | T,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "isovm-"));
  try {
    const path = join(directory, "program");
    const { code, stderr } = await runOracle("riscv64-linux-gnu-gcc", [
      ...["-O1", "-w", "-pthread", ...options],
      ...[source, "-o", path, "-lm"],
    ]);
    if (code !== 0) throw new CompileError(new TextDecoder().decode(stderr), { source });
    return await use({ path, contents: new Uint8Array(await readFile(path)) });
  } finally {
    await rm(directory, { recursive: true });
  }
}
