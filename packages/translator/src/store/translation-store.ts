/** A translation store over any storage. */
import { evict } from "./eviction.ts";
import { identityOf } from "./identity.ts";
import { checkKeptModule } from "./kept-module.ts";
import { programName } from "./keys.ts";
import { readProgram } from "./program-contents.ts";
import { ProgramTranslations } from "./program-translations.ts";
import { QuietStorage } from "./storage.ts";
import type { StoragePort } from "./storage-port.ts";
import type { OpenTranslations, StoreEvent, TranslationStore } from "./translations.ts";

/** What a store is made with. */
export interface TranslationStoreOptions {
  /** What the storage holds at most, about, in bytes; 256 MiB if not given. */
  readonly limitBytes?: number;
  /** What it holds of one program at most, in bytes; an eighth of `limitBytes` if not given. */
  readonly programLimitBytes?: number;
  /** Learns of what went wrong, and what was given up. */
  readonly observer?: (event: StoreEvent) => void;
  /** Milliseconds of Unix, by which programs are found that were not used for long; `Date.now`. */
  readonly now?: () => number;
}

/** The default of `limitBytes`. */
const usualLimitBytes = 256 * 2 ** 20;

/**
 * A store that keeps translations in a storage, which several processes may share: the default
 * storage of a program is a `createStorage()` of `unstorage` with any of its drivers.
 *
 * Values that are damaged, cut, or written by anybody else are found out by a hash, reported to the
 * observer, ignored, and removed by the next `save`. Keys that are not the store's are left alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { type StoragePort, translationStore } from "@isovm/translator";
 *
 * const values = new Map<string, Uint8Array>();
 * const storage: StoragePort = {
 *   getKeys: async () => [...values.keys()],
 *   getItemRaw: async (key) => values.get(key) ?? null,
 *   setItemRaw: async (key, value) => void values.set(key, value),
 *   removeItem: async (key) => void values.delete(key),
 * };
 * const key = { program: "hello-1.0", isa: "rv64gc", version: "1" };
 *
 * const first = await translationStore(storage).open(key);
 * const code = [{ address: 0x1000n, bytes: Uint8Array.of(0x82, 0x80) }];
 * first.add({
 *   host: "",
 *   wasm: Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
 *   regions: [{ pc: 0x1000n, entryNumber: 0, exportName: "r0", instructionCount: 1, code }],
 * });
 * await first.save();
 *
 * const second = await translationStore(storage).open(key);
 * assert.equal(second.modules[0]?.regions[0]?.pc, 0x1000n);
 * ```
 */
export function translationStore(
  storage: StoragePort,
  options: TranslationStoreOptions = {},
): TranslationStore {
  const limitBytes = options.limitBytes ?? usualLimitBytes;
  const programLimitBytes = options.programLimitBytes ?? limitBytes / 8;
  const observe = options.observer ?? (() => {});
  const now = options.now ?? Date.now;
  const quiet = new QuietStorage(storage, observe);
  return {
    async open(key) {
      const identity = await quiet.attempt("hash", () => identityOf(key));
      if (!identity) return unkept();
      const program = programName(identity);
      const place = {
        program,
        identity,
        storage: quiet,
        observe,
        now,
        limitBytes: programLimitBytes,
      };
      return new ProgramTranslations(place, await readProgram(place), async () => {
        for (const eviction of await evict(quiet, limitBytes, program)) {
          observe({ kind: "evicted", ...eviction });
        }
      });
    },
  };
}

/** Translations of a host that can't tell whether they are intact: none is read or written. */
function unkept(): OpenTranslations {
  const figures = {
    keptModules: 0,
    keptRegions: 0,
    readBytes: 0,
    savedModules: 0,
    writtenBytes: 0,
  };
  return { modules: [], figures, add: checkKeptModule, use() {}, save: async () => {} };
}
