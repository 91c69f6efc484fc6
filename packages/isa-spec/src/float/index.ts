/**
 * Floating-point arithmetic, bit-exact and format-parameterised: the definition that every engine follows.
 *
 * @module
 */
export * from "./add.ts";
export * from "./compare.ts";
export * from "./convert.ts";
export * from "./divide.ts";
export * from "./format.ts";
export * from "./multiply.ts";
export * from "./operators.ts";
export * from "./policy.ts";
export { type ExactNumber, round } from "./round.ts";
export * from "./status.ts";
export { isNan, isSignallingNan, quieted, type Unpacked, unpack } from "./unpack.ts";
