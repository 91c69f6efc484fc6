/** Floating-point operations as WebAssembly functions. */
export { type Binary64Patterns, binary64Patterns, type InlineFloatOptions } from "./inline.ts";
export { FloatLibrary } from "./library.ts";
export { floatPolicyOf, rowsFloatPolicy } from "./policy-of.ts";
export { type FloatImports, floatImports, type SlowFloatFunction } from "./slow.ts";
