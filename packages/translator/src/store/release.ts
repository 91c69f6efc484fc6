/** Which translator this is. */
import manifest from "../../package.json" with { type: "json" };

/**
 * The release of the translator, a version number: the least that `version` of a `TranslationKey` has
 * to say. During development, when releases don't tell translators apart, a host adds more.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { translatorRelease } from "@isovm/translator";
 *
 * assert.match(translatorRelease, /^\d+\.\d+\.\d+/);
 * ```
 */
export const translatorRelease: string = manifest.version;
