/** Looks executables up as a shell does. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type OracleName, oracleTools } from "./tools.ts";

/** The path of the first of these executables that is on `PATH`. */
export function findExecutable(names: readonly string[]): string | undefined {
  const directories = (process.env.PATH ?? "").split(delimiter).filter((path) => path !== "");
  return names
    .flatMap((name) => directories.map((directory) => join(directory, name)))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const found = new Map<OracleName, string | undefined>();

/** The path of an oracle's executable, if it is installed. */
export function findOracle(name: OracleName): string | undefined {
  if (!found.has(name)) found.set(name, findExecutable(oracleTools[name].executables));
  return found.get(name);
}
