/** Files that commands read whole. */
import { readFileSync } from "node:fs";
import { InputError } from "../errors.ts";
import type { CommandIo } from "./command-io.ts";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EISDIR: "is a directory",
  EACCES: "permission denied",
};

/**
 * The bytes of a file; those of standard input for `-`.
 *
 * @throws InputError
 */
export async function readBytes(path: string, io: CommandIo): Promise<Uint8Array> {
  if (path === "-") return io.stdin.readAll();
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new InputError(`${path}: ${reasons[code] ?? `can't be read (${code})`}`);
  }
}
