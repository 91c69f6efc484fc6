/** The directory of a translation store, and processes that share it. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type StoreEvent, translationStore } from "@isovm/translator";
import { build } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { keptModule, storeKey } from "../testing/kept-module.ts";
import { Workplace } from "../testing/programs.ts";
import { fileStorage } from "./file-storage.ts";

const work = new Workplace();
afterAll(() => work.remove());

let count = 0;
const place = (): string => join(work.path, `store-${count++}`, "within");
const bytes = Uint8Array.of(1, 2, 3);

describe("a storage of files", () => {
  it("keeps values under keys, for its user only", async () => {
    const directory = place();
    const storage = fileStorage(directory);
    expect(await storage.getItemRaw("a:b")).toBeNull();
    expect(await storage.getKeys()).toEqual([]);
    expect(existsSync(directory)).toBe(false);
    await storage.setItemRaw("a:b", bytes);
    await storage.setItemRaw("a:c:d", bytes);
    await storage.setItemRaw("a:b", bytes.subarray(1));
    expect(await storage.getItemRaw("a:b")).toEqual(Buffer.from(bytes.subarray(1)));
    expect((await storage.getKeys()).sort()).toEqual(["a:b", "a:c:d"]);
    expect(await storage.getKeys("a:c")).toEqual(["a:c:d"]);
    expect(await storage.getKeys("b")).toEqual([]);
    if (process.platform !== "win32") {
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      expect(statSync(join(directory, "a", "b")).mode & 0o777).toBe(0o600);
    }
  });

  it("leaves neither drafts nor empty directories behind", async () => {
    const directory = place();
    const storage = fileStorage(directory);
    await storage.setItemRaw("a:b", bytes);
    await storage.setItemRaw("a:c", bytes);
    await storage.removeItem("a:b");
    expect(readdirSync(join(directory, "a"))).toEqual(["c"]);
    await storage.removeItem("a:c");
    await storage.removeItem("a:c");
    expect(existsSync(join(directory, "a"))).toBe(false);
    expect(readdirSync(join(directory, "unfinished"))).toEqual([]);
    mkdirSync(join(directory, "a", "b"), { recursive: true });
    await expect(storage.setItemRaw("a:b", bytes)).rejects.toThrow();
    expect(readdirSync(join(directory, "unfinished"))).toEqual([]);
  });

  it("removes the drafts of processes that were stopped", async () => {
    const directory = place();
    const storage = fileStorage(directory);
    await storage.setItemRaw("a", bytes);
    const [old, recent] = ["old", "recent"].map((name) => join(directory, "unfinished", name));
    if (!old || !recent) return;
    writeFileSync(old, bytes);
    writeFileSync(recent, bytes);
    utimesSync(old, 0, 0);
    await storage.setItemRaw("a", bytes);
    expect([existsSync(old), existsSync(recent)]).toEqual([false, true]);
  });
});

describe("a translation store of files", () => {
  const kept = async (directory: string, events: StoreEvent[] = []): Promise<number[]> => {
    const observer = (event: StoreEvent) => void events.push(event);
    const { modules } = await translationStore(fileStorage(directory), { observer }).open(storeKey);
    return modules.map(({ wasm }) => wasm[0] ?? -1).sort((one, other) => one - other);
  };
  const save = async (directory: string, number: number): Promise<StoreEvent[]> => {
    const events: StoreEvent[] = [];
    const store = translationStore(fileStorage(directory), {
      observer: (event) => void events.push(event),
    });
    const translations = await store.open(storeKey);
    translations.add(keptModule(number));
    await translations.save();
    return events;
  };

  it("is shared by processes that save at the same time", async () => {
    const directory = place();
    const script = join(work.path, "store-writer.mjs");
    await build({
      entryPoints: [join(import.meta.dirname, "../testing/store-writer.ts")],
      outfile: script,
      bundle: true,
      platform: "node",
      format: "esm",
      conditions: ["@isovm/source"],
    });
    const write = async (first: number): Promise<unknown> => {
      const child = spawn(process.execPath, [script, directory, `${first}`, "30"]);
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      child.stderr.pipe(process.stderr);
      await new Promise((resolve) => child.on("close", resolve));
      return JSON.parse(output);
    };
    // Nothing is lost, and nobody ever read a part of a file.
    expect(await Promise.all([write(0), write(30), write(60)])).toEqual([[], [], []]);
    const events: StoreEvent[] = [];
    expect(await kept(directory, events)).toEqual(Array.from({ length: 90 }, (_, index) => index));
    expect(events).toEqual([]);
    expect(readdirSync(join(directory, "unfinished"))).toEqual([]);
  });

  it("ignores and replaces files that were cut", async () => {
    const directory = place();
    await save(directory, 1);
    const storage = fileStorage(directory);
    const [name = ""] = (await storage.getKeys()).filter((key) => !key.includes("used"));
    const path = join(directory, ...name.split(":"));
    writeFileSync(path, readFileSync(path).subarray(0, 2000));
    expect(await save(directory, 2)).toMatchObject([{ kind: "rejected", reason: "corrupt" }]);
    expect(await kept(directory)).toEqual([2]);
    expect(existsSync(path)).toBe(false);
  });

  it("says what is wrong with a directory, and goes on", async () => {
    const file = work.file("file", "");
    expect(await save(join(file, "store"), 1)).toMatchObject([
      { kind: "failed", operation: "list", error: { code: "ENOTDIR" } },
      { kind: "failed", operation: "write" },
      { kind: "failed", operation: "write" },
    ]);
    expect(await kept(join(file, "store"))).toEqual([]);
  });

  it.skipIf(process.getuid?.() === 0)("reads a directory that can't be written", async () => {
    const directory = place();
    await save(directory, 1);
    const modes = (mode: number): void => {
      for (const name of ["unfinished", "."]) chmodSync(join(directory, name), mode);
    };
    modes(0o500);
    expect(await save(directory, 2)).toMatchObject([{ kind: "failed", operation: "write" }]);
    expect(await kept(directory)).toEqual([1]);
    modes(0o700);
  });
});
