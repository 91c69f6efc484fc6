/**
 * The vocabulary of isovm: instructions as typed rows, the semantics IR that they record, the
 * registers and memory that they touch, and what an engine is.
 *
 * @packageDocumentation
 */
export * from "./assembly-syntax.ts";
export * from "./builder/bits.ts";
export * from "./builder/control.ts";
export * from "./builder/floating.ts";
export * from "./builder/memory.ts";
export * from "./builder/operand.ts";
export * from "./builder/registers.ts";
export * from "./debugger.ts";
export * from "./engine.ts";
export * from "./errors.ts";
export * as float from "./float/index.ts";
export type { FloatPolicy } from "./float/policy.ts";
export * from "./instruction.ts";
export * from "./ir/evaluate.ts";
export * from "./ir/expression.ts";
export { printSemantics } from "./ir/print.ts";
export { printExpression, type SharedNames } from "./ir/print-expression.ts";
export * from "./ir/statement.ts";
export * from "./isa.ts";
export * from "./layout.ts";
export * from "./lint/index.ts";
export * from "./pattern.ts";
export * from "./pseudo.ts";
export * from "./region-host.ts";
export * from "./state.ts";
export * from "./system.ts";
