/** Where fetched packages are kept, and how several processes share it. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * The directory for what can be fetched again: `$XDG_CACHE_HOME/isovm` if the variable is set, else
 * `node_modules/.cache/isovm` of the project that the working directory is in: where the lock file
 * of its package manager is.
 */
export function cacheDirectory(): string {
  const xdg = process.env.XDG_CACHE_HOME;
  if (xdg !== undefined && xdg !== "") return join(xdg, "isovm");
  for (let path = process.cwd(); path !== dirname(path); path = dirname(path)) {
    if (lockFiles.some((name) => existsSync(join(path, name)))) {
      return join(path, "node_modules/.cache/isovm");
    }
  }
  return join(tmpdir(), "isovm");
}

const lockFiles = ["pnpm-lock.yaml", "package-lock.json", "yarn.lock", "bun.lock"];

/** Runs `work` while no other process that was given the same path is running its own. */
export async function withLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await acquire(path))) await sleep(100);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const owner = Number(await readFile(path, "utf8").catch(() => ""));
  // The file is empty between its creation and its first write.
  if (owner > 0 && !isAlive(owner)) {
    // By a rename, so that only one of those who wait removes the stale lock.
    const stale = `${path}.${process.pid}`;
    await rename(path, stale).catch(() => {});
    await rm(stale, { force: true });
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * The directory at `path`, made by `fill` if it isn't there: it appears whole or not at all. Nobody
 * else may be making it: see {@link withLock}.
 */
export async function cachedDirectory(
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<string> {
  if (existsSync(path)) return path;
  // What an earlier process could not finish.
  const temporary = `${path}.partial`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  try {
    await fill(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return path;
}
