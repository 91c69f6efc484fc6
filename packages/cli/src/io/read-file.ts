/** Files that commands read whole. */
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
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
  return path === "-" ? io.stdin.readAll() : readFileBytes(path);
}

/**
 * The bytes of a file, or its first ones. Devices are refused: some never end.
 *
 * @throws InputError
 */
export function readFileBytes(path: string, mostBytes?: number): Uint8Array {
  return explained(path, () => {
    refuseDevices(path);
    return mostBytes === undefined ? readFileSync(path) : readStart(path, mostBytes);
  });
}

/** @throws InputError for what never ends */
export function refuseDevices(path: string): void {
  const kind = statSync(path);
  if (kind.isCharacterDevice() || kind.isBlockDevice()) {
    throw new InputError(`${path}: is a device, not a file`);
  }
}

/** What `read` gives of a file; its errors with the file's name. @throws InputError */
export function explained<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new InputError(`${path}: ${reasons[code] ?? `can't be read (${code})`}`);
  }
}

function readStart(path: string, mostBytes: number): Uint8Array {
  const descriptor = openSync(path, "r");
  try {
    const bytes = new Uint8Array(mostBytes);
    return bytes.subarray(0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}
