/**
 * The translator: hot guest code becomes WebAssembly, above an interpreter for everything else.
 *
 * @packageDocumentation
 */
export { type TieredOptions, tiered } from "./engine/tiered.ts";
export type { RegionTier } from "./region/region.ts";
export type {
  TranslatedBlock,
  TranslatedInstruction,
  TranslatedRegion,
} from "./region/translated-region.ts";
export * from "./store/index.ts";
