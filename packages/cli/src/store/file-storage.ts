/** A storage in a directory, for processes that share it. */
import { mkdir, readdir, rename, rmdir, stat, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { createStorage, type Storage } from "unstorage";
import filesDriver from "unstorage/drivers/fs-lite";

/** Where values are written before they get their names; beside the keys, so that a name is all it takes. */
const unfinished = "unfinished";
/** What is unfinished for so long was left behind by a process that was stopped. */
const abandonedMillis = 60 * 60 * 1000;

/**
 * Values as files of a directory, which is made when the first is written. To the driver for files
 * it adds that a value is there completely or not at all, that listing a part of the keys reads no
 * other directory, and that no empty ones are left behind. Only the user can look into what it makes.
 */
export function fileStorage(directory: string): Storage {
  const files = filesDriver({ base: directory });
  const pathOf = (key: string): string => join(directory, ...key.split(":"));
  return createStorage({
    driver: {
      ...files,
      async getKeys(base = "", options) {
        const path = pathOf(base);
        // The driver doesn't say why a directory can't be read.
        await readdir(path).catch(unless("ENOENT"));
        if (!base) return files.getKeys("", options);
        const part = filesDriver({ base: path });
        const keys = await part.getKeys("", options);
        return keys.map((key) => `${base.replace(/:$/, "")}:${key}`);
      },
      setItemRaw: (key, value: Uint8Array) => replaceFile(directory, pathOf(key), value),
      async removeItem(key) {
        const path = pathOf(key);
        await unlink(path).catch(unless("ENOENT"));
        await rmdir(dirname(path)).catch(unless("ENOENT", "ENOTEMPTY", "EEXIST"));
      },
    },
  });
}

let count = 0;

async function replaceFile(directory: string, path: string, value: Uint8Array): Promise<void> {
  const place = join(directory, unfinished);
  await makeDirectory(place);
  await removeAbandoned(place);
  count += 1;
  const draft = join(place, `${process.pid}-${Date.now()}-${count}`);
  try {
    await writeFile(draft, value, { flag: "wx", mode: 0o600 });
    await rename(draft, path).catch(async (error: unknown) => {
      unless("ENOENT")(error);
      await makeDirectory(dirname(path));
      await rename(draft, path);
    });
  } catch (error) {
    await unlink(draft).catch(() => {});
    throw error;
  }
}

async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

async function removeAbandoned(place: string): Promise<void> {
  const oldest = Date.now() - abandonedMillis;
  for (const name of await readdir(place)) {
    const path = join(place, name);
    const times = await stat(path).catch(unless("ENOENT"));
    if (times && times.mtimeMs < oldest) await unlink(path).catch(unless("ENOENT"));
  }
}

/** Throws an error again unless it has one of these codes. */
function unless(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (!codes.some((known) => known === code)) throw error;
  };
}
