/** What the tests of host directories share. */
import { chmodSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Removes a directory in which a test may have taken its own rights away. */
export function removeTree(directory: string): void {
  chmodSync(directory, 0o700);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(directory, entry.name));
  }
  rmSync(directory, { recursive: true, force: true });
}
