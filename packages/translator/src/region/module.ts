/** A WebAssembly module of regions. */
import { type FloatPolicy, type Isa, type RegionPlaces, UnsupportedError } from "@isovm/isa-spec";
import { FloatLibrary, type FunctionIndex, ModuleBuilder, RuntimeLibrary } from "@isovm/wasm";
import { floatSteadiness } from "./float-steadiness.ts";
import { optimise } from "./optimise.ts";
import type { Region } from "./region.ts";
import { emitRegion } from "./region-code.ts";
import type { RegionServices } from "./region-services.ts";

/** What a module of regions is made for. */
export interface RegionModuleOptions {
  readonly isa: Isa;
  readonly places: RegionPlaces;
  readonly floatPolicy: FloatPolicy | undefined;
}

/** Generates the module; the n-th region is exported as `regionName(n)`. */
export function regionModule(
  regions: readonly Region[],
  { isa, places, floatPolicy }: RegionModuleOptions,
): ModuleBuilder {
  const module = new ModuleBuilder({ names: "none" });
  const floats = floatPolicy && new FloatLibrary(module, floatPolicy);
  module.importMemory("env", "memory", { initial: 0 });
  const library = new RuntimeLibrary(module, { inline: true });
  const services: RegionServices = {
    isa,
    places,
    library,
    float: (code, operation, options) => {
      if (!floats) {
        throw new UnsupportedError("no floating-point policy", { feature: operation.operator });
      }
      floats.emitOperation(code, operation, options);
    },
  };
  regions.forEach((region, index) => {
    const name = regionName(index);
    const defined = module.declareFunction(name, ["i32"], ["i32"], ["budget"]);
    const steadiness = floatSteadiness(region, isa.layout);
    let unsteady: FunctionIndex | undefined;
    if (steadiness) {
      unsteady = module.declareFunction(`${name}_unsteady`, ["i32"], ["i32"], ["budget"]);
      module.defineFunction(unsteady, (code) => emitRegion(code, optimise(region, isa), services));
    }
    const steady = steadiness && unsteady !== undefined ? { steadiness, unsteady } : undefined;
    module.defineFunction(defined, (code) => emitRegion(code, region, services, steady));
    module.exportFunction(name, defined);
  });
  return module;
}

/** The name under which a module exports a region. */
export function regionName(index: number): string {
  return `r${index}`;
}
