/**
 * Engines that interpret: the reference evaluator, which defines what an ISA does, and the fast
 * interpreter, whose WebAssembly is generated from the same rows.
 *
 * @packageDocumentation
 */
export { BudgetError } from "./budget.ts";
export { interpreter, interpreterWith } from "./fast/engine.ts";
export { handlerText } from "./fast/handler-text.ts";
export type { InterpreterPrograms } from "./fast/kept-program.ts";
export {
  type FreeChoice,
  type ReferenceOptions,
  reference,
  referenceWith,
} from "./reference/reference.ts";
