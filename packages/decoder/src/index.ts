/**
 * Decoder, disassembler and assembler, derived from the rows of an ISA.
 *
 * @packageDocumentation
 */

export {
  type AssembledSection,
  type AssembleOptions,
  type Assembly,
  assemble,
} from "./assemble/assemble.ts";
export { AssemblyError, type Diagnostic } from "./assemble/assembly-error.ts";
export type { AssembledLine } from "./assemble/pass.ts";
export type { DecisionNode, Guard } from "./decode/decision-node.ts";
export { decisionTree } from "./decode/decision-tree.ts";
export { Decoded } from "./decode/decoded.ts";
export { Decoder } from "./decode/decoder.ts";
export { linearScan } from "./decode/linear-scan.ts";
export { type DecodeContext, rowSizes } from "./decode/row-order.ts";
export { type DisassembledLine, disassemble } from "./disassemble/disassemble.ts";
export { Disassembler, type DisassemblyOptions } from "./disassemble/disassembler.ts";
export { explain, explainRow } from "./explain/explain.ts";
