/** A store behaves alike over every storage. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStorage } from "unstorage";
import fsDriver from "unstorage/drivers/fs";
import fsLiteDriver from "unstorage/drivers/fs-lite";
import lruDriver from "unstorage/drivers/lru-cache";
import { afterAll, describe, expect, it } from "vitest";
import type { KeptModule } from "./kept-module.ts";
import type { StoragePort } from "./storage-port.ts";
import { keep, kept, keptModule, key, mapStorage, observedStore } from "./testing.ts";

const places: string[] = [];
afterAll(async () => {
  for (const place of places) await rm(place, { recursive: true });
});
async function place(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "isovm-store-"));
  places.push(path);
  return path;
}

const [one, two, three] = [keptModule(1), keptModule(2), keptModule(3)];
const numbers = (modules: readonly { readonly wasm: Uint8Array }[]): (number | undefined)[] =>
  modules.map(({ wasm }) => wasm[0]).sort();

describe.each<[string, () => StoragePort | Promise<StoragePort>]>([
  ["a map", () => mapStorage()],
  ["unstorage's memory", () => createStorage()],
  ["unstorage's cache", () => createStorage({ driver: lruDriver({}) })],
  ["unstorage's files", async () => createStorage({ driver: fsDriver({ base: await place() }) })],
  [
    "unstorage's plain files",
    async () => createStorage({ driver: fsLiteDriver({ base: await place() }) }),
  ],
])("a store over %s", (_, makeStorage) => {
  it("has nothing at first", async () => {
    expect(await kept(await makeStorage())).toEqual([]);
  });

  it("gives back what was saved, to the same program only", async () => {
    const storage = await makeStorage();
    await keep(storage, [one, two]);
    expect(await kept(storage)).toEqual([one, two]);
    expect(await kept(storage, { program: "other" })).toEqual([]);
    expect(await kept(storage, { program: new TextEncoder().encode("program") })).toEqual([]);
    expect(await kept(storage, { isa: "other" })).toEqual([]);
    expect(await kept(storage, { version: "2" })).toEqual([]);
  });

  it("adds to what earlier runs have saved", async () => {
    const storage = await makeStorage();
    for (let number = 0; number < 20; number += 1) await keep(storage, [keptModule(number)]);
    expect(await kept(storage)).toHaveLength(20);
    expect((await storage.getKeys("")).length).toBeLessThan(10);
  });

  it("keeps what runs at the same time have saved", async () => {
    const storage = await makeStorage();
    for (let round = 0; round < 4; round += 1) {
      const numbers = [0, 1, 2, 3, 4].map((run) => 5 * round + run);
      await Promise.all(numbers.map((number) => keep(storage, [keptModule(number)])));
    }
    expect(await kept(storage)).toHaveLength(20);
  });

  it("ignores, reports and replaces what was damaged", async () => {
    const storage = await makeStorage();
    await keep(storage, [one]);
    const names = (await storage.getKeys("")).filter((name) => !name.includes("used"));
    for (const name of names) {
      const value = (await storage.getItemRaw(name)) as Uint8Array;
      const damaged = value.slice();
      damaged[100] = (damaged[100] ?? 0) ^ 4;
      await storage.setItemRaw(name, damaged);
    }
    expect(await kept(storage)).toEqual([]);
    const events = await keep(storage, [two]);
    expect(events).toMatchObject([{ kind: "rejected", key: names[0], reason: "corrupt" }]);
    expect(await kept(storage)).toEqual([two]);
    expect(await storage.getKeys("")).not.toContain(names[0]);
    expect(await keep(storage, [])).toEqual([]);
  });

  it("gives up the programs that were not used for longest", async () => {
    const storage = await makeStorage();
    const hour = 3600 * 1000;
    const options = { limitBytes: 64 * 1024, programLimitBytes: 16 * 1024 };
    const at = (hours: number, program: string) => ({
      ...options,
      now: () => hours * hour,
      key: { program },
    });
    const large = keptModule(1, 14_000);
    for (const [hours, program] of ["a", "b", "c"].entries()) {
      expect(await keep(storage, [large], at(hours, program))).toEqual([]);
    }
    await keep(storage, [], at(5, "a"));
    expect(await keep(storage, [large], at(6, "d"))).toMatchObject([{ kind: "evicted" }]);
    const lengths = ["a", "b", "c", "d"].map(async (program) => {
      return (await kept(storage, { program })).length;
    });
    expect(await Promise.all(lengths)).toEqual([1, 0, 1, 1]);
  });
});

describe("a store", () => {
  it("uses images of its own program only, whatever they are called", async () => {
    const values = new Map<string, Uint8Array>();
    const storage = mapStorage(values);
    await keep(storage, [one], { key: { isa: "other" } });
    const foreign = [...values].filter(([name]) => !name.includes("used"));
    values.clear();
    await keep(storage, [two]);
    const program = [...values.keys()][0]?.split(":")[1];
    for (const [name, value] of foreign) {
      values.set(name.replace(/:[0-9a-f]{32}:/, `:${program}:`), value);
    }
    const { store, events } = observedStore(storage);
    expect((await store.open(key)).modules).toEqual([two]);
    expect(events).toMatchObject([{ kind: "rejected", reason: "foreign" }]);
  });

  it("writes over what was damaged where it is made anew", async () => {
    const values = new Map<string, Uint8Array>();
    const storage = mapStorage(values);
    await keep(storage, [one]);
    for (const value of values.values()) value.fill(7, 50, 60);
    expect(await keep(storage, [one])).toMatchObject([{ kind: "rejected" }]);
    expect(await kept(storage)).toEqual([one]);
  });

  it("leaves the keys of others alone", async () => {
    const values = new Map([
      ["readme", Uint8Array.of(1)],
      ["translations:note", Uint8Array.of(2)],
      ["translations:0123456789abcdef0123456789abcdef:note", Uint8Array.of(3)],
    ]);
    const others = new Map(values);
    await keep(mapStorage(values), [one], { limitBytes: 1, programLimitBytes: 1e6 });
    await keep(mapStorage(values), [one], {
      limitBytes: 1,
      programLimitBytes: 1e6,
      key: { program: "other" },
    });
    for (const [name, value] of others) expect(values.get(name)).toBe(value);
  });

  it("keeps within a program's limit what a run has used", async () => {
    const storage = mapStorage();
    const options = { programLimitBytes: 4000 };
    await keep(storage, [keptModule(1, 1000), keptModule(2, 1000)]);
    const { store } = observedStore(storage, options);
    const open = await store.open(key);
    const [, second] = open.modules;
    if (second) open.use(second);
    open.add(keptModule(3, 1500));
    open.add(keptModule(4, 600));
    await open.save();
    expect(numbers(await kept(storage))).toEqual([2, 3]);
    expect(numbers((await observedStore(storage, options).store.open(key)).modules)).toEqual([
      2, 3,
    ]);
  });

  it("takes no more from a run than a program may have", async () => {
    const storage = mapStorage();
    const open = await observedStore(storage, { programLimitBytes: 4000 }).store.open(key);
    for (let number = 0; number < 100; number += 1) open.add(keptModule(number, 1000));
    await open.save();
    expect(open.figures.savedModules).toBe(3);
  });

  it("reads no more of a program than its limit, and removes the rest", async () => {
    const values = new Map<string, Uint8Array>();
    const storage = mapStorage(values);
    await Promise.all([1, 2, 3, 4].map((number) => keep(storage, [keptModule(number, 1000)])));
    const { store } = observedStore(storage, { programLimitBytes: 2500 });
    const open = await store.open(key);
    expect(open.modules).toHaveLength(2);
    await open.save();
    expect(values.size).toBe(3);
  });

  it("writes nothing where nothing is new", async () => {
    const values = new Map<string, Uint8Array>();
    await keep(mapStorage(values), [one]);
    const storage = mapStorage(values);
    storage.setItemRaw = async () => expect.unreachable();
    expect(await keep(storage, [])).toEqual([]);
  });

  it("keeps the latest of what runs have learnt, if it is new", async () => {
    const storage = mapStorage();
    const { store } = observedStore(storage);
    const learn = async (alone: number[], modules: readonly KeptModule[] = []): Promise<void> => {
      const open = await store.open(key);
      open.learnFrom?.(() => ({ alone, targets: [[1, alone]] }));
      for (const module of modules) open.add(module);
      await open.save();
    };
    const learnt = async (): Promise<unknown> => (await store.open(key)).profile?.alone;
    await learn([]);
    expect(await learnt()).toBeUndefined();
    await learn([7]);
    expect(await learnt()).toEqual([7]);
    const keys = await storage.getKeys();
    await learn([7]);
    expect(await storage.getKeys()).toEqual(keys);
    await learn([7, 8], [one]);
    await keep(storage, [two]);
    expect(await learnt()).toEqual([7, 8]);
    for (let count = 10; count < 30; count += 1) await learn(new Array(count).fill(count));
    expect(await learnt()).toHaveLength(29);
    expect(numbers(await kept(storage))).toEqual([1, 2]);
    expect((await storage.getKeys()).length).toBeLessThan(10);
  });

  it("forgets regions of this run and of earlier ones, but none that are added later", async () => {
    const storage = mapStorage();
    await keep(storage, [one, two]);
    const open = await observedStore(storage).store.open(key);
    open.add(three);
    const entries = [one, three].map(({ regions }) => regions[0]?.pc ?? 0n);
    open.forget?.(new Set(entries));
    await open.save();
    expect(await kept(storage)).toEqual([two]);
    open.add(one);
    await open.save();
    expect(numbers(await kept(storage))).toEqual([1, 2]);
  });

  it("makes one of what two processes have translated twice", async () => {
    const values = new Map<string, Uint8Array>();
    const storage = mapStorage(values);
    await Promise.all([keep(storage, [one, two]), keep(storage, [two, three])]);
    expect(values.size).toBe(3);
    await keep(storage, []);
    expect(values.size).toBe(2);
    expect(numbers(await kept(storage))).toEqual([1, 2, 3]);
  });

  it("keeps what was made anew in place of what was made first", async () => {
    const values = new Map<string, Uint8Array>();
    const storage = { ...mapStorage(values), getKeys: async () => [...values.keys()].reverse() };
    const versions = [30, 60, 40, 50, 20, 70, 10, 35].map((size) => keptModule(1, size));
    for (const version of versions) {
      await keep(storage, [version]);
      expect(await kept(storage)).toEqual([version]);
    }
  });

  it("can be saved again and again during a run", async () => {
    const storage = mapStorage();
    const open = await observedStore(storage).store.open(key);
    const saves: Promise<void>[] = [];
    for (let number = 0; number < 10; number += 1) {
      open.add(keptModule(number));
      saves.push(open.save());
    }
    await Promise.all(saves);
    expect(await kept(storage)).toHaveLength(10);
    expect(open.figures).toMatchObject({ keptModules: 0, savedModules: 10 });
    expect(open.modules).toEqual([]);
  });

  it("counts", async () => {
    const storage = mapStorage();
    await keep(storage, [one, two]);
    const open = await observedStore(storage).store.open(key);
    expect(open.figures).toEqual({
      keptModules: 2,
      keptRegions: 2,
      readBytes: expect.any(Number),
      savedModules: 0,
      writtenBytes: 0,
    });
    expect(open.figures.readBytes).toBeGreaterThan(80);
  });

  it.each(["getKeys", "getItemRaw", "setItemRaw", "removeItem"] as const)(
    "goes on without a storage's %s",
    async (method) => {
      const values = new Map<string, Uint8Array>();
      for (let number = 0; number < 6; number += 1) {
        await keep(mapStorage(values), [keptModule(number)], { key: { program: "program" } });
      }
      const error = new Error("no");
      const storage = { ...mapStorage(values), [method]: () => Promise.reject(error) };
      const events = await keep(storage, [keptModule(10)]);
      expect(events).toContainEqual(expect.objectContaining({ kind: "failed", error }));
      const left = numbers(await kept(mapStorage(values)));
      expect(left).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 5]));
      expect(left.includes(10)).toBe(method !== "setItemRaw");
    },
  );

  it("goes on if a storage gives something else than bytes", async () => {
    const values = new Map<string, Uint8Array>();
    await keep(mapStorage(values), [one]);
    for (const value of [new Error("EACCES"), "text", 1, {}]) {
      const storage = mapStorage(values);
      storage.getItemRaw = async () => value;
      const { store, events } = observedStore(storage);
      expect((await store.open(key)).modules).toEqual([]);
      expect(events).toMatchObject([{ kind: "failed", operation: "read" }]);
    }
  });

  it("tries again to save what it could not", async () => {
    const values = new Map<string, Uint8Array>();
    const storage = mapStorage(values);
    const { setItemRaw } = storage;
    const open = await observedStore(storage).store.open(key);
    open.add(one);
    storage.setItemRaw = () => Promise.reject(new Error("full"));
    await open.save();
    expect(open.figures.savedModules).toBe(0);
    storage.setItemRaw = setItemRaw;
    await open.save();
    expect(await kept(storage)).toEqual([one]);
  });
});
