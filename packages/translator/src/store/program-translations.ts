/**
 * The translations of one program. What a run adds becomes an image of its own beside those of
 * earlier runs, so that processes that save at the same time don't undo each other's work and need
 * no lock. Now and then a run writes one image in place of all that it has read, and removes those:
 * always in this order, so that nothing is lost if a process ends in between.
 */
import { encodeImage } from "./image.ts";
import {
  checkKeptModule,
  type KeptModule,
  keptBytes,
  withinLimit,
  withoutEntries,
  withoutRepetitions,
} from "./kept-module.ts";
import type { KeptProfile } from "./kept-profile.ts";
import { imageKey, useKey } from "./keys.ts";
import type { ProgramContents } from "./program-contents.ts";
import type { ProgramPlace } from "./program-place.ts";
import type { OpenTranslations, TranslationFigures } from "./translations.ts";

/** More images than this become one. */
const mostImages = 6;
/** A use of a program is written down again after this time. */
const useMillis = 60 * 60 * 1000;
const someValue: Uint8Array = Uint8Array.of(1);

/** Translations over what was found of a program. */
export class ProgramTranslations implements OpenTranslations {
  readonly modules: readonly KeptModule[];
  readonly profile: KeptProfile | undefined;
  readonly #place: ProgramPlace;
  readonly #afterWrite: () => Promise<void>;
  readonly #readBytes: number;
  /** Binaries of modules of which this run has used something. */
  readonly #fitting = new Set<Uint8Array>();
  /** What the images hold. */
  #kept: readonly KeptModule[];
  #added: readonly KeptModule[] = [];
  #addedBytes = 0;
  #images: readonly string[];
  #rubbish: readonly string[];
  #uses: readonly string[];
  #usedMillis: number;
  #sequence: number;
  /** Whether the images hold what is not to be kept. */
  #hasRubbish: boolean;
  #source: (() => KeptProfile) | undefined;
  #savedAlone: number;
  #savedModules = 0;
  #writtenBytes = 0;
  #saving: Promise<void> = Promise.resolve();

  constructor(place: ProgramPlace, contents: ProgramContents, afterWrite: () => Promise<void>) {
    this.#place = place;
    this.#afterWrite = afterWrite;
    this.modules = withoutRepetitions(contents.modules);
    this.#kept = this.modules;
    this.profile = contents.profile;
    this.#savedAlone = contents.profile?.alone.length ?? 0;
    this.#sequence = contents.sequence;
    this.#hasRubbish = countRegions(this.modules) < countRegions(contents.modules);
    this.#readBytes = contents.readBytes;
    this.#images = contents.images;
    this.#rubbish = contents.rubbish;
    this.#uses = contents.uses;
    this.#usedMillis = contents.usedMillis;
  }

  get figures(): TranslationFigures {
    return {
      keptModules: this.modules.length,
      keptRegions: countRegions(this.modules),
      readBytes: this.#readBytes,
      savedModules: this.#savedModules,
      writtenBytes: this.#writtenBytes,
    };
  }

  add(module: KeptModule): void {
    checkKeptModule(module);
    this.#addedBytes += keptBytes([module]);
    // A guest that makes code for ever has more than can be kept.
    if (this.#addedBytes > this.#place.limitBytes) return;
    this.#added = [...this.#added, module];
    this.#fitting.add(module.wasm);
  }

  use(module: KeptModule): void {
    this.#fitting.add(module.wasm);
  }

  learnFrom(source: () => KeptProfile): void {
    this.#source = source;
  }

  forget(entries: ReadonlySet<bigint>): void {
    const kept = withoutEntries(this.#kept, entries);
    if (countRegions(kept) < countRegions(this.#kept)) this.#hasRubbish = true;
    this.#kept = kept;
    this.#added = withoutEntries(this.#added, entries);
  }

  save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save());
    return this.#saving;
  }

  async #save(): Promise<void> {
    const { limitBytes } = this.#place;
    const taken = this.#added;
    const profile = this.#source?.() ?? this.profile;
    const alone = profile?.alone.length ?? 0;
    const isNews = alone !== this.#savedAlone;
    const added = withoutRepetitions(taken);
    const all = withoutRepetitions([...this.#kept, ...added]);
    if (all.length > 0) await this.#noteUse();
    const isTooMuch = keptBytes(all) > limitBytes;
    const hasNews = added.length > 0 || isNews;
    const images = this.#images.length + Number(hasNews);
    if (isTooMuch || this.#hasRubbish || images > mostImages) {
      // Some room, so that not every run has to write all of it.
      const kept = isTooMuch ? withinLimit(all, this.#fitting, 0.75 * limitBytes) : all;
      const key = await this.#write(kept, profile);
      if (key === undefined) return;
      this.#rubbish = [...this.#rubbish, ...this.#images.filter((image) => image !== key)];
      this.#images = [key];
      this.#kept = kept;
      this.#hasRubbish = false;
    } else if (hasNews) {
      const key = await this.#write(added, profile);
      if (key === undefined) return;
      this.#images = [...this.#images, key];
      this.#kept = all;
    }
    this.#added = this.#added.filter((module) => !taken.includes(module));
    this.#savedAlone = alone;
    this.#savedModules += added.length;
    await this.#removeRubbish();
    if (hasNews) await this.#afterWrite();
  }

  /** Writes an image and gives its key; undefined if that has failed. */
  async #write(
    modules: readonly KeptModule[],
    profile: KeptProfile | undefined,
  ): Promise<string | undefined> {
    const { storage, identity, program } = this.#place;
    const image = await storage.attempt("hash", () =>
      encodeImage(identity, { sequence: this.#sequence + 1, modules, profile }),
    );
    if (!image) return undefined;
    const key = imageKey(program, image);
    if (!(await storage.write(key, image))) return undefined;
    this.#sequence += 1;
    this.#writtenBytes += image.length;
    return key;
  }

  async #removeRubbish(): Promise<void> {
    const keys = this.#rubbish.filter((key) => !this.#images.includes(key));
    this.#rubbish = [];
    for (const key of keys) await this.#place.storage.remove(key);
  }

  /** Writes down that the program was used. Before its images, which nobody takes for unused then. */
  async #noteUse(): Promise<void> {
    const { storage, program, now } = this.#place;
    const nowMillis = now();
    const isRecent = Math.abs(nowMillis - this.#usedMillis) < useMillis;
    if (isRecent) return;
    const key = useKey(program, nowMillis);
    if (!(await storage.write(key, someValue))) return;
    for (const earlier of this.#uses) if (earlier !== key) await storage.remove(earlier);
    this.#uses = [key];
    this.#usedMillis = nowMillis;
  }
}

function countRegions(modules: readonly KeptModule[]): number {
  return modules.reduce((sum, { regions }) => sum + regions.length, 0);
}
