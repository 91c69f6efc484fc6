/** A WebAssembly module of baseline regions. */
import { type FloatPolicy, UnsupportedError } from "@isovm/isa-spec";
import { FloatLibrary, type FunctionIndex, ModuleBuilder } from "@isovm/wasm";
import type { CodeRegion } from "./code-region.ts";
import { emitRegionCode, type RegionCodeServices, type RegionEntries } from "./region-code.ts";

/** A region as it was emitted. */
export interface EmittedBaseline {
  readonly region: CodeRegion;
  readonly entries: RegionEntries;
  readonly exportName: string;
  readonly functionIndex: FunctionIndex;
}

/** A module, and what its regions became. */
export interface BaselineModule {
  readonly builder: ModuleBuilder;
  readonly regions: readonly EmittedBaseline[];
}

/** Generates the module. `memory` is all of linear memory, which has the regions' records. */
export function baselineModule(
  regions: readonly CodeRegion[],
  memory: ArrayBuffer,
  services: Omit<RegionCodeServices, "floatFunction">,
  floatPolicy: FloatPolicy | undefined,
): BaselineModule {
  const module = new ModuleBuilder({ names: "none" });
  const floats = floatPolicy && new FloatLibrary(module, floatPolicy);
  module.importMemory("env", "memory", { initial: 0 });
  const all: RegionCodeServices = {
    ...services,
    floatFunction: ({ operator, format, otherWidth }) => {
      if (!floats) throw new UnsupportedError("no floating-point policy", { feature: operator });
      return floats.function(operator, format, otherWidth);
    },
  };
  const emitted = regions.map((region, index): EmittedBaseline => {
    const exportName = `r${index}`;
    const parameters = ["budget", "entry"];
    const functionIndex = module.declareFunction(exportName, ["i32", "i32"], ["i32"], parameters);
    let entries: RegionEntries = [];
    module.defineFunction(functionIndex, (code) => {
      entries = emitRegionCode(code, region, memory, all);
    });
    module.exportFunction(exportName, functionIndex);
    return { region, entries, exportName, functionIndex };
  });
  return { builder: module, regions: emitted };
}
