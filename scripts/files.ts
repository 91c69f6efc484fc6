/** The repository's files, as the checks of scripts/ walk them. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root directory. */
export const root: string = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** The directory names under packages/. */
export const packageNames: readonly string[] = readdirSync(join(root, "packages")).filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);

/** The paths, relative to the root, of the files under `directory` that end in `extension`. */
export function filesUnder(directory: string, extension: string): string[] {
  if (!existsSync(join(root, directory))) return [];
  return readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
    .map((file) => `${directory}/${file.replaceAll("\\", "/")}`)
    .filter((file) => file.endsWith(extension) && !/\/(node_modules|dist)\//.test(file))
    .sort();
}
