/** The translation store: what is kept of translated code between runs. */
export {
  type KeptCode,
  type KeptModule,
  KeptModuleError,
  type KeptRegion,
} from "./kept-module.ts";
export type { KeptProfile } from "./kept-profile.ts";
export { translatorRelease } from "./release.ts";
export type { StoragePort } from "./storage-port.ts";
export { type TranslationStoreOptions, translationStore } from "./translation-store.ts";
export type {
  OpenTranslations,
  RejectionReason,
  StoreEvent,
  TranslationFigures,
  TranslationKey,
  TranslationStore,
  Translations,
} from "./translations.ts";
