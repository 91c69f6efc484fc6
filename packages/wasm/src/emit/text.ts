/** @module */
import type { ModuleContents } from "./contents.ts";
import type { FunctionIndex } from "./types.ts";
export function moduleText(_module: ModuleContents): string {
  return "";
}
export function functionText(_module: ModuleContents, _index: FunctionIndex): string {
  return "";
}
