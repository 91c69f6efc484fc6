/** Floating-point operations as WebAssembly functions. */
export { FloatLibrary } from "./library.ts";
export { type FloatImports, floatImports, type SlowFloatFunction } from "./slow.ts";
