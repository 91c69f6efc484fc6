/** Modules, storages and stores for tests. */
import fc from "fast-check";
import type { KeptModule } from "./kept-module.ts";
import type { StoragePort } from "./storage-port.ts";
import { type TranslationStoreOptions, translationStore } from "./translation-store.ts";
import type { StoreEvent, TranslationKey, TranslationStore } from "./translations.ts";

/** Any module that can be kept. */
export const keptModules: fc.Arbitrary<KeptModule> = fc.record({
  host: fc.string({ maxLength: 5 }),
  wasm: fc.uint8Array({ maxLength: 40 }),
  regions: fc.array(
    fc
      .record({
        pc: fc.bigInt({ min: 0n, max: 2n ** 64n - 40n }),
        instructionCount: fc.nat(),
        entryNumber: fc.nat({ max: 0xffff }),
        exportName: fc.string({ unit: "grapheme", maxLength: 5 }),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
        others: fc.array(
          fc.record({
            address: fc.bigInt({ min: 0n, max: 2n ** 64n - 40n }),
            bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
          }),
          { maxLength: 2 },
        ),
      })
      .map(({ pc, entryNumber, instructionCount, exportName, bytes, others }) => ({
        pc,
        instructionCount,
        entryNumber,
        exportName,
        code: [...others, { address: pc, bytes }],
      })),
    { minLength: 1, maxLength: 3 },
  ),
});

/** A module of one region; different numbers make different ones. */
export function keptModule(number: number, wasmBytes = 20): KeptModule {
  const pc = BigInt(0x1000 + 4 * number);
  const code = [{ address: pc, bytes: Uint8Array.of(number, number >> 8, 3, 4) }];
  return {
    host: "host",
    wasm: new Uint8Array(wasmBytes).fill(number),
    regions: [{ pc, entryNumber: 0, instructionCount: 1, exportName: `r${number}`, code }],
  };
}

export const key: TranslationKey = { program: "program", isa: "isa", version: "1" };

/** A storage that is a map. */
export function mapStorage(values: Map<string, Uint8Array> = new Map()): StoragePort {
  return {
    getKeys: async () => [...values.keys()],
    getItemRaw: async (name) => values.get(name)?.slice() ?? null,
    setItemRaw: async (name, value) => void values.set(name, value.slice()),
    removeItem: async (name) => void values.delete(name),
  };
}

/** A store, and what it tells its observer. */
export function observedStore(
  storage: StoragePort,
  options: TranslationStoreOptions = {},
): { store: TranslationStore; events: StoreEvent[] } {
  const events: StoreEvent[] = [];
  const store = translationStore(storage, {
    now: () => 0,
    ...options,
    observer: (event) => void events.push(event),
  });
  return { store, events };
}

/** Opens a store, adds modules and saves. */
export async function keep(
  storage: StoragePort,
  modules: readonly KeptModule[],
  options: TranslationStoreOptions & { readonly key?: Partial<TranslationKey> } = {},
): Promise<StoreEvent[]> {
  const { store, events } = observedStore(storage, options);
  const open = await store.open({ ...key, ...options.key });
  for (const module of modules) open.add(module);
  await open.save();
  return events;
}

/** What a store has for a program. */
export async function kept(
  storage: StoragePort,
  part: Partial<TranslationKey> = {},
): Promise<readonly KeptModule[]> {
  return (await translationStore(storage).open({ ...key, ...part })).modules;
}
