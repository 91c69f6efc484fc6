/** The translation store of `isovm run`. */
import { resolve } from "node:path";
import {
  type OpenTranslations,
  type StoreEvent,
  type TranslationFigures,
  translationStore,
} from "@isovm/translator";
import { fileStorage } from "./file-storage.ts";
import { translatorVersion } from "./translator-version.ts";

/** What a store did in a run, for `--stats`. */
export interface StoreFigures extends TranslationFigures {
  readonly directory: string;
  /** Time to find what was kept, and to keep what was new. */
  readonly openMs: number;
  readonly saveMs: number;
  /** Entries that were damaged or of somebody else. */
  readonly rejected: number;
  /** What the storage said the first time that it failed. */
  readonly failure?: string;
}

/** The translations of a run. */
export interface RunTranslations {
  readonly translations: OpenTranslations;
  readonly figures: () => StoreFigures;
  /** Keeps what is new. */
  readonly save: () => Promise<void>;
}

/** What translations have to fit. */
export interface RunIdentity {
  /** The bytes of the executable. */
  readonly program: Uint8Array;
  /** The ISA's name, with its options. */
  readonly isa: string;
}

/**
 * Opens the store in a directory, for the translator whose `code` has a hash. A store that can't be read or written never fails a run: its
 * figures tell.
 */
export async function openStore(
  directory: string,
  identity: RunIdentity,
  code?: string,
): Promise<RunTranslations> {
  const path = resolve(directory);
  const events: StoreEvent[] = [];
  const store = translationStore(fileStorage(path), { observer: (event) => events.push(event) });
  const startMillis = performance.now();
  const translations = await store.open({ ...identity, version: translatorVersion(code) });
  const openMs = performance.now() - startMillis;
  let saveMs = 0;
  return {
    translations,
    async save() {
      const saveMillis = performance.now();
      await translations.save();
      saveMs += performance.now() - saveMillis;
    },
    figures: () => ({
      directory: path,
      ...translations.figures,
      openMs,
      saveMs,
      ...troubles(events),
    }),
  };
}

function troubles(events: readonly StoreEvent[]): Pick<StoreFigures, "rejected" | "failure"> {
  const rejected = events.filter(({ kind }) => kind === "rejected").length;
  const failed = events.find((event) => event.kind === "failed");
  if (!failed) return { rejected };
  const { error, operation } = failed;
  const reason = error instanceof Error ? error.message : String(error);
  return { rejected, failure: `${operation}: ${reason}` };
}
