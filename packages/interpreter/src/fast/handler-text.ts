/** The generated code of one row, for people. */
import type { Instruction, Isa } from "@isovm/isa-spec";
import { layoutContext } from "./context.ts";
import { generateInterpreter } from "./program.ts";

/**
 * What the fast interpreter does for a row, in WebAssembly's text format: its handler, over the
 * predecoded record at `$record`, up to the dispatch of the next one. Of a row that jumps it is the
 * handler for jumps within the page. Offsets are those of an interpreter of this row alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { handlerText } from "@isovm/interpreter";
 * import { rv64 } from "@isovm/riscv";
 *
 * const isa = rv64();
 * const add = isa.instructions.find(({ mnemonic }) => mnemonic === "add");
 * assert(add);
 * assert.match(handlerText(isa, add), /i64\.add/);
 * ```
 */
export function handlerText(isa: Isa, row: Instruction): string {
  const alone: Isa = { ...isa, instructions: [row], frequentPairs: {} };
  const lines = generateInterpreter(alone, layoutContext(isa.layout, 0)).text().split("\n");
  const loop = lines.findIndex((line) => line.trim().startsWith("(loop $dispatch"));
  // The outermost block holds the dispatch and all other handlers; the row's own code follows it.
  const block = lines.findIndex((line, index) => index > loop && line.trim().startsWith("(block "));
  const indent = indentOf(lines[block]);
  const start = lines.findIndex((line, index) => index > block && indentOf(line) <= indent);
  const length = lines.slice(start).findIndex((line) => indentOf(line) < indent);
  return balanced(lines.slice(start, start + length).map((line) => line.slice(indent)));
}

function indentOf(line = ""): number {
  return line.length - line.trimStart().length;
}

/** Without the parentheses that close what was opened before. */
function balanced(lines: readonly string[]): string {
  const text = lines.join("\n");
  const excess = text.split(")").length - text.split("(").length;
  return text.slice(0, text.length - excess);
}
