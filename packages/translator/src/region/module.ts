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
  /** Instructions whose access is checked on its own, not together with others. */
  readonly isAlone: RegionServices["isAlone"];
}

/** A region as it was emitted. */
export interface EmittedRegion {
  /** The region as it was formed, and after the passes. */
  readonly formed: Region;
  readonly optimised: Region;
  /** Its functions; the first one is entered. */
  readonly functions: readonly FunctionIndex[];
}

/** A module, and what its regions became. */
export interface RegionModule {
  readonly builder: ModuleBuilder;
  readonly regions: readonly EmittedRegion[];
}

const parameters = ["i32", "i32"] as const;
const parameterNames = ["budget", "entry"];

/** Generates the module; the n-th region is exported as `regionName(n)`. */
export function regionModule(
  regions: readonly Region[],
  { isa, places, floatPolicy, isAlone }: RegionModuleOptions,
): RegionModule {
  const module = new ModuleBuilder({ names: "none" });
  const floats = floatPolicy && new FloatLibrary(module, floatPolicy);
  module.importMemory("env", "memory", { initial: 0 });
  const library = new RuntimeLibrary(module, { inline: true });
  const services: RegionServices = {
    isa,
    places,
    library,
    isAlone,
    float: (code, operation, options) => {
      if (!floats) {
        throw new UnsupportedError("no floating-point policy", { feature: operation.operator });
      }
      floats.emitOperation(code, operation, options);
    },
  };
  const emitted = regions.map((formed, index): EmittedRegion => {
    const name = regionName(index);
    const defined = module.declareFunction(name, parameters, ["i32"], parameterNames);
    const optimised = optimise(formed, isa);
    const steadiness = floatSteadiness(optimised, isa.layout);
    let unsteady: FunctionIndex | undefined;
    if (steadiness) {
      unsteady = module.declareFunction(`${name}_unsteady`, parameters, ["i32"], parameterNames);
      module.defineFunction(unsteady, (code) => emitRegion(code, optimised, services));
    }
    const steady = steadiness && unsteady !== undefined ? { steadiness, unsteady } : undefined;
    module.defineFunction(defined, (code) => emitRegion(code, optimised, services, steady));
    module.exportFunction(name, defined);
    const functions = unsteady === undefined ? [defined] : [defined, unsteady];
    return { formed, optimised, functions };
  });
  return { builder: module, regions: emitted };
}

/** The name under which a module exports a region. */
export function regionName(index: number): string {
  return `r${index}`;
}
