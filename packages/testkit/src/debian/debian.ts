/** Directory trees of Debian packages for a foreign architecture: guests to test with. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { findExecutable } from "../oracle/find-executable.ts";
import {
  type Apt,
  type DebianSource,
  dependenciesOf,
  downloadClosure,
  downloadPackage,
  openApt,
  type StepListener,
} from "./apt.ts";
import { cacheDirectory, cachedDirectory, withLock } from "./cache.ts";
import { DebianUnavailableError } from "./errors.ts";
import { makeRoot, unpack } from "./unpack.ts";

/** What {@link debianPackages} takes. */
export interface DebianOptions extends Partial<DebianSource> {
  /**
   * Directory that keeps what was fetched; by default `$XDG_CACHE_HOME/isovm`, or one in the
   * `node_modules` of the project that the working directory is in.
   */
  readonly cacheDirectory?: string;
  /** Is told what is being done whenever that takes time. */
  readonly onStep?: StepListener;
}

/**
 * Debian packages of one suite and one architecture.
 *
 * They come from a mirror of the machine's own apt configuration, are verified by apt's signatures
 * and kept in the cache, so that only the first call takes time. They are unpacked, not installed:
 * no maintainer script has run. Directories are shared: copy them before changing them.
 *
 * All methods throw a `DebianUnavailableError` where there is no apt or no mirror with that suite,
 * a `DebianFetchError` if apt fails, for instance on an unknown package.
 */
export interface DebianPackages {
  /** The path of a directory that holds the files of one package, without what it depends on. */
  package(name: string): Promise<string>;
  /**
   * The path of a directory that holds the packages and all they depend on, laid out as the root of
   * a Debian system: a guest can be run in it as after a chroot.
   */
  root(packages: readonly string[]): Promise<string>;
  /** The names of the packages that one depends on; of alternatives the first. */
  dependencies(name: string): Promise<string[]>;
  /**
   * The paths of the `.deb` files of packages and all that they depend on, in the order that apt
   * would install them in. A package may be one of apt's patterns, such as `?essential`.
   */
  archives(packages: readonly string[]): Promise<string[]>;
  /**
   * The path of a directory for what is made from packages: `fill` makes it, whole or not at all,
   * if there is none of that name in the cache.
   */
  derived(name: string, fill: (directory: string) => Promise<void>): Promise<string>;
}

/** Debian packages: of suite `trixie` for `riscv64` by default. */
export function debianPackages(options: DebianOptions = {}): DebianPackages {
  const { suite = "trixie", architecture = "riscv64", onStep = () => {} } = options;
  const cache = options.cacheDirectory ?? cacheDirectory();
  const base = join(cache, "debian", `${suite}-${architecture}`);
  const withApt = <Result>(work: (apt: Apt) => Promise<Result>): Promise<Result> =>
    withLock(join(base, "lock"), async () =>
      work(await openApt(join(base, "apt"), { suite, architecture }, onStep)),
    );
  const unpacked = (
    kind: "root" | "package",
    packages: readonly string[],
    fill: (apt: Apt, directory: string) => Promise<void>,
  ): Promise<string> =>
    withLock(join(base, "lock"), () =>
      cachedDirectory(join(base, kind, packages.join("+")), async (directory) => {
        const apt = await openApt(join(base, "apt"), { suite, architecture }, onStep);
        onStep(`fetching ${packages.join(", ")}`);
        await fill(apt, directory);
      }),
    );
  return {
    package: (name) =>
      unpacked("package", [name], async (apt, directory) => {
        const download = join(directory, ".download");
        await mkdir(download);
        await unpack([await downloadPackage(apt, name, download)], directory);
        await rm(download, { recursive: true });
      }),
    root: (names) => {
      const packages = [...new Set(names)].sort();
      return unpacked("root", packages, async (apt, directory) => {
        await makeRoot(directory);
        await unpack(await downloadClosure(apt, packages), directory);
      });
    },
    dependencies: (name) => withApt((apt) => dependenciesOf(apt, name)),
    archives: (names) => withApt((apt) => downloadClosure(apt, names, onStep)),
    derived: (name, fill) => {
      const path = join(base, "derived", name);
      return withLock(`${path}.lock`, () => cachedDirectory(path, fill));
    },
  };
}

/** What {@link debianRoot} unpacks. */
export interface DebianRootOptions extends DebianOptions {
  /** Names of packages; what they depend on comes with them. */
  readonly packages: readonly string[];
}

/** The `root` of {@link debianPackages}: packages and all they depend on. */
export function debianRoot(options: DebianRootOptions): Promise<string> {
  return debianPackages(options).root(options.packages);
}

/** The `package` of {@link debianPackages}: the files of one package. */
export function debianPackage(name: string, options: DebianOptions = {}): Promise<string> {
  return debianPackages(options).package(name);
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
