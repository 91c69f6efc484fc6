/**
 * Where translations are kept between runs, as FX!32 kept them in its database. Engines run
 * synchronously and storage doesn't: what one program needs is read before its run and written after.
 *
 * @see R. J. Hookway, M. A. Herdeg: DIGITAL FX!32: Combining Emulation and Binary Translation,
 * Digital Technical Journal 9 (1997) 1
 */
import type { KeptModule } from "./kept-module.ts";
import type { KeptProfile } from "./kept-profile.ts";

/** What a machine is given of translations, and where it leaves its own. */
export interface Translations {
  /** Modules of earlier runs, which are intact and made by the same translator for the same ISA. */
  readonly modules: readonly KeptModule[];
  /** What the last run has learnt, if it is known. */
  readonly profile?: KeptProfile | undefined;
  /** Has a source asked for what is to be kept of this run's knowledge, whenever that is saved. */
  learnFrom?(source: () => KeptProfile): void;
  /** Gives up the regions so far that begin at any of the addresses: others will be added. */
  forget?(entries: ReadonlySet<bigint>): void;
  /**
   * Leaves a module of this run; one that is beyond the limit is not kept.
   *
   * @throws KeptModuleError if it could not be told where the module fits.
   */
  add(module: KeptModule): void;
  /** Says that one of {@link modules} fits this run: where room is scarce, it is kept before others. */
  use(module: KeptModule): void;
}

/** What translations have to agree on before they are looked at. */
export interface TranslationKey {
  /** The bytes of the program's executable, or a name that stands for them. */
  readonly program: string | Uint8Array;
  /** Everything of the ISA and its engine that translated code depends on, such as a hash of the rows. */
  readonly isa: string;
  /** Version of the translator, and of whatever else translated code depends on. */
  readonly version: string;
}

/** Figures of {@link OpenTranslations}. */
export interface TranslationFigures {
  /** Modules that were found, and their regions. */
  readonly keptModules: number;
  readonly keptRegions: number;
  /** Bytes that were read. */
  readonly readBytes: number;
  /** Modules of this run that were saved. */
  readonly savedModules: number;
  /** Bytes that were written. */
  readonly writtenBytes: number;
}

/** The translations of one program. */
export interface OpenTranslations extends Translations {
  readonly figures: TranslationFigures;
  /**
   * Keeps what was added. It can be called again and again, and fails never: an observer of the
   * store learns what went wrong.
   */
  save(): Promise<void>;
}

/** Something that a user of a store may want to know; none of it changes what a guest does. */
export type StoreEvent =
  /** An entry was not what the store wrote for this program; it is ignored, and removed by `save`. */
  | { readonly kind: "rejected"; readonly key: string; readonly reason: RejectionReason }
  /** The storage has failed. */
  | {
      readonly kind: "failed";
      readonly operation: "hash" | "list" | "read" | "write" | "remove";
      readonly error: unknown;
    }
  /** All that was kept of a program was given up for the store's limit. */
  | { readonly kind: "evicted"; readonly program: string; readonly bytes: number };

/** Why an entry is not used. */
export type RejectionReason =
  /** It is no file of this format and version. */
  | "format"
  /** It belongs to another program, ISA or translator. */
  | "foreign"
  /** Its hash says that it was changed or cut. */
  | "corrupt";

/** Keeps translations between runs. */
export interface TranslationStore {
  /** What fits a program, an ISA and a translator. It fails never: then nothing is found. */
  open(key: TranslationKey): Promise<OpenTranslations>;
}
