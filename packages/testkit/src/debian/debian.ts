/** Directory trees of Debian packages for a foreign architecture: guests to test with. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { findExecutable } from "../oracle/find-executable.ts";
import { type Apt, type DebianSource, downloadClosure, downloadPackage, openApt } from "./apt.ts";
import { cacheDirectory, cachedDirectory, withLock } from "./cache.ts";
import { DebianUnavailableError } from "./errors.ts";
import { makeRoot, unpack } from "./unpack.ts";

/** What {@link debianRoot} unpacks. */
export interface DebianRootOptions extends Partial<DebianSource> {
  /** Names of packages; what they depend on comes with them. */
  readonly packages: readonly string[];
}

/**
 * The path of a directory that holds the packages and all they depend on, laid out as the root of a
 * Debian system: a guest can be run in it as after a chroot.
 *
 * The packages come from a mirror of the machine's own apt configuration, are verified by apt's
 * signatures and kept in the cache, so that only the first call takes time. They are unpacked, not
 * installed: no maintainer script has run. Suite `trixie` and architecture `riscv64` by default.
 * The directory is shared: copy it before changing it.
 *
 * Throws a `DebianUnavailableError` where there is no apt or no mirror with that suite, a
 * `DebianFetchError` if apt fails, for instance on an unknown package.
 */
export function debianRoot(options: DebianRootOptions): Promise<string> {
  const packages = [...new Set(options.packages)].sort();
  return unpackedBy(sourceOf(options), "root", packages, async (apt, directory) => {
    await makeRoot(directory);
    await unpack(await downloadClosure(apt, packages), directory);
  });
}

/**
 * The path of a directory that holds the files of one package, without what it depends on.
 *
 * See {@link debianRoot} for where it comes from and for the errors.
 */
export function debianPackage(name: string, source: Partial<DebianSource> = {}): Promise<string> {
  return unpackedBy(sourceOf(source), "package", [name], async (apt, directory) => {
    const download = join(directory, ".download");
    await mkdir(download);
    await unpack([await downloadPackage(apt, name, download)], directory);
    await rm(download, { recursive: true });
  });
}

/**
 * Whether this machine has the commands that fetch and unpack Debian packages: the condition of the
 * tests that need a foreign package.
 *
 * With `CI=true` in the environment it throws a `DebianUnavailableError` instead of answering
 * `false`, so that a run that is meant to be complete cannot pass by skipping.
 */
export function hasDebian(): boolean {
  const missing = ["apt-get", "dpkg-deb", "tar"].filter(
    (name) => findExecutable([name]) === undefined,
  );
  if (missing.length === 0) return true;
  if (process.env.CI !== "true") return false;
  throw new DebianUnavailableError(`${missing.join(", ")} not found on PATH`, {
    needed: missing.join(", "),
  });
}

function sourceOf({ suite, architecture }: Partial<DebianSource>): DebianSource {
  return { suite: suite ?? "trixie", architecture: architecture ?? "riscv64" };
}

async function unpackedBy(
  source: DebianSource,
  kind: "root" | "package",
  packages: readonly string[],
  fill: (apt: Apt, directory: string) => Promise<void>,
): Promise<string> {
  const base = join(cacheDirectory(), "debian", `${source.suite}-${source.architecture}`);
  return withLock(join(base, "lock"), () =>
    cachedDirectory(join(base, kind, packages.join("+")), async (directory) =>
      fill(await openApt(join(base, "apt"), source), directory),
    ),
  );
}
