/** Which translator this is: what it kept is of no use to any other. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import manifest from "../../package.json" with { type: "json" };

/**
 * A text that differs wherever translated code may differ: the release, the code of isovm's packages
 * (during development many translators have one version number), and the host's WebAssembly.
 *
 * @param code a hash of that code, where it is known.
 */
export function translatorVersion(code: string = hashOfPackages()): string {
  return `${manifest.version} ${code} v8-${process.versions.v8}`;
}

function hashOfPackages(): string {
  const hash = createHash("sha256");
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  for (const name of Object.keys(manifest.dependencies)) {
    if (name.startsWith("@isovm/")) hash.update(`\0${name}\0`).update(codeOf(name));
  }
  return hash.digest("hex");
}

/** A package's code; nothing where all packages were bundled into this file. */
function codeOf(name: string): Uint8Array {
  try {
    return readFileSync(fileURLToPath(import.meta.resolve(name)));
  } catch {
    return new Uint8Array(0);
  }
}
