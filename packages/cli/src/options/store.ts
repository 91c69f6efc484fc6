/** Where translations are kept, on the command line: a directory, or `off`. */
import { statSync } from "node:fs";
import { UsageError } from "../errors.ts";

/** The directory of a store, or none. */
export type StoreOption = { readonly directory: string } | "off";

/**
 * A directory that is there or can be made.
 *
 * @throws UsageError
 */
export function parseStore(text: string): StoreOption {
  if (text === "off") return "off";
  if (text === "") throw new UsageError('"" is no store: give a directory, or off');
  if (isOtherFile(text)) throw new UsageError(`--store ${text}: not a directory`);
  return { directory: text };
}

function isOtherFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ENOTDIR";
  }
}
