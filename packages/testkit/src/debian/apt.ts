/**
 * A private apt: another suite and another architecture than the machine's, with state, lists and
 * cache of its own. The machine's apt is not touched; its configuration (proxies, credentials,
 * trusted keys) is honoured. See apt.conf(5), sources.list(5).
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { DebianFetchError, DebianUnavailableError } from "./errors.ts";

/** Which Debian packages come from. */
export interface DebianSource {
  /** The release's code name. */
  readonly suite: string;
  /** Debian's name of the architecture, e.g. `riscv64`. */
  readonly architecture: string;
}

/** Is told what is being done, for people who wait: `"fetching opensbi"`. */
export type StepListener = (step: string) => void;

/** A private apt for one source, in a directory of its own. */
export interface Apt {
  /** Runs `apt-get`, in `cwd` if that matters, and returns its standard output. */
  get(args: readonly string[], cwd?: string): Promise<string>;
  /** Runs `apt-cache` and returns its standard output. */
  cache(args: readonly string[]): Promise<string>;
  /** Fetches the lists again. */
  update(): Promise<void>;
  /** Where `--download-only` leaves packages. */
  readonly archives: string;
}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** Releases change every few months; packages that are gone lead to a new update anyhow. */
const listsMaxAgeMillis = 30 * 24 * 60 * 60 * 1000;

/** A private apt for `source`, its lists present. */
export async function openApt(
  directory: string,
  source: DebianSource,
  onStep: StepListener = () => {},
): Promise<Apt> {
  const archives = join(directory, "cache/archives");
  for (const path of ["state/lists/partial", "cache/archives/partial", "log"]) {
    await mkdir(join(directory, path), { recursive: true });
  }
  await writeFile(join(directory, "status"), "", { flag: "a" });
  const configuration = join(directory, "apt.conf");
  await writeFile(configuration, aptConfiguration(directory, source));
  const get = (args: readonly string[], cwd: string = directory): Promise<string> =>
    runCommand(["apt-get", "-c", configuration, "-q", ...args], { cwd });
  const cache = (args: readonly string[]): Promise<string> =>
    runCommand(["apt-cache", "-c", configuration, "-q", ...args], { cwd: directory });

  const update = async (): Promise<void> => {
    onStep(`fetching the lists of ${source.suite}`);
    const failures: unknown[] = [];
    for (const mirror of await mirrors()) {
      await writeFile(join(directory, "sources.list"), sourceLine(mirror, source));
      try {
        await get(["update", "--error-on=any"]);
        await writeFile(join(directory, "updated"), "");
        return;
      } catch (error) {
        failures.push(error);
      }
    }
    throw new DebianUnavailableError(
      `no configured mirror has ${source.suite} for ${source.architecture}`,
      { needed: `a Debian mirror with ${source.suite} among apt's sources` },
      { cause: failures[0] },
    );
  };

  const updated = await stat(join(directory, "updated")).catch(() => undefined);
  if (updated === undefined || Date.now() - updated.mtimeMs > listsMaxAgeMillis) await update();
  return { get, cache, update, archives };
}

/**
 * The `.deb` files of the packages and of all that they depend on, downloaded and verified, in the
 * order that apt would install them in.
 */
export async function downloadClosure(
  apt: Apt,
  packages: readonly string[],
  onStep: StepListener = () => {},
): Promise<string[]> {
  const install = ["install", "-y", "--no-install-recommends"] as const;
  return retryAfterUpdate(apt, async () => {
    const simulation = await apt.get([...install, "--simulate", ...packages]);
    const files = [...simulation.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm)].map(
      ([, name = "", version = "", architecture = ""]) =>
        join(apt.archives, `${name}_${version.replaceAll(":", "%3a")}_${architecture}.deb`),
    );
    // What lies there was verified when it came.
    const missing = files.filter((file) => !existsSync(file)).length;
    if (missing > 0) {
      onStep(`fetching ${missing} packages`);
      await apt.get([...install, "--download-only", ...packages]);
    }
    return files;
  });
}

/** The `.deb` file of one package, downloaded into `directory` and verified. */
export async function downloadPackage(apt: Apt, name: string, directory: string): Promise<string> {
  return retryAfterUpdate(apt, async () => {
    await apt.get(["download", name], directory);
    const [file] = (await readdir(directory)).filter((entry) => entry.endsWith(".deb"));
    if (file === undefined) {
      const command = ["apt-get", "download", name];
      throw new DebianFetchError(`${command.join(" ")} left no file`, { command, stderr: "" });
    }
    return join(directory, file);
  });
}

/** The names of the packages that one depends on: of alternatives the first. */
export async function dependenciesOf(apt: Apt, name: string): Promise<string[]> {
  return retryAfterUpdate(apt, async () => {
    const record = await apt.cache(["show", "--no-all-versions", name]);
    const [, depends = ""] = /^Depends: (.*)$/m.exec(record) ?? [];
    return [...depends.matchAll(/(?:^|, )([^ ,|:]+)/g)].map(([, package_ = ""]) => package_);
  });
}

/** A point release removes old versions from the mirrors: the lists are then out of date. */
async function retryAfterUpdate<Result>(apt: Apt, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DebianFetchError)) throw error;
    await apt.update();
    return work();
  }
}

/** The mirrors among the machine's own sources; security archives hold updates only. */
async function mirrors(): Promise<string[]> {
  const uris = await runCommand(["apt-get", "indextargets", "--format", "$(REPO_URI)"]);
  const candidates = uris.split("\n").filter((uri) => uri !== "" && !uri.includes("security"));
  if (candidates.length === 0) {
    throw new DebianUnavailableError("apt has no sources configured", {
      needed: "a Debian mirror among apt's sources",
    });
  }
  return [...new Set(candidates)];
}

function sourceLine(mirror: string, { suite, architecture }: DebianSource): string {
  const options = [
    `arch=${architecture}`,
    ...(existsSync(keyring) ? [`signed-by=${keyring}`] : []),
    // Only what installing needs, no translations or descriptions.
    "lang=none",
  ];
  return `deb [${options.join(" ")}] ${mirror} ${suite} main\n`;
}

function aptConfiguration(directory: string, { architecture }: DebianSource): string {
  return `APT::Architecture "${architecture}";
#clear APT::Architectures;
APT::Architectures { "${architecture}"; };
APT::Sandbox::User "root";
Dir::State "${directory}/state";
Dir::State::Lists "${directory}/state/lists";
Dir::State::status "${directory}/status";
Dir::Cache "${directory}/cache";
Dir::Cache::archives "${directory}/cache/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Log "${directory}/log";
Dir::Etc::SourceList "${directory}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
// The machine's hooks clean the machine's caches.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
Acquire::Languages "none";
Acquire::Retries "3";
`;
}
