/** Which translator this is: what it kept is of no use to any other. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import manifest from "../../package.json" with { type: "json" };

/**
 * A text that differs wherever translated code may differ: the release, the code of isovm's packages
 * (during development many translators have one version number), and the host's WebAssembly.
 */
export function translatorVersion(): string {
  const hash = createHash("sha256");
  for (const file of sources()) hash.update(readFileSync(file)).update("\0");
  return `${manifest.version} ${hash.digest("hex")} v8-${process.versions.v8}`;
}

/** The packages that the command is made of, or its own file where they were bundled into one. */
function sources(): readonly string[] {
  const own = fileURLToPath(import.meta.url);
  try {
    const packages = Object.keys(manifest.dependencies).filter((name) =>
      name.startsWith("@isovm/"),
    );
    return [own, ...packages.map((name) => fileURLToPath(import.meta.resolve(name)))];
  } catch {
    return [own];
  }
}
