/**
 * Which registers of a region are held as floating-point numbers. V8 moves a pattern that is
 * computed with between its two kinds of registers each time; kept as an f64 it is moved only where
 * it is loaded, stored or compared as a pattern.
 */
import {
  type Expression,
  expressionsOf,
  type FloatOperation,
  operandsOf,
  type StateLayout,
  type Statement,
} from "@isovm/isa-spec";
import { binary64Patterns } from "@isovm/wasm";
import { type RegisterSlot, registerSlot } from "../ir/register-slot.ts";
import type { PassBlock } from "../passes/pass-graph.ts";

/** The registers that binary64 operations of the region take operands from or leave results in. */
export function floatRegisters(
  region: { readonly blocks: readonly PassBlock[] },
  layout: StateLayout,
): ReadonlySet<RegisterSlot> {
  const registers = new Set<RegisterSlot>();
  for (const { instructions } of region.blocks) {
    for (const { instruction } of instructions) find(instruction.body, layout, registers);
  }
  return registers;
}

function find(body: readonly Statement[], layout: StateLayout, registers: Set<RegisterSlot>): void {
  const sources = new Map<number, RegisterSlot>();
  const seen = new Set<Expression>();
  const operation = (found: FloatOperation): void => {
    if (!binary64Patterns(found).operands) return;
    for (const operand of found.operands) {
      const slot = operand.kind === "temporary" ? sources.get(operand.id) : undefined;
      if (slot) registers.add(slot);
    }
  };
  const inspect = (expression: Expression): void => {
    const operands = operandsOf(expression);
    if (operands.length === 0 || seen.has(expression)) return;
    seen.add(expression);
    if (expression.kind === "float") operation(expression.operation);
    operands.forEach(inspect);
  };
  const visit = (statement: Statement): void => {
    expressionsOf(statement).forEach(inspect);
    if (statement.kind === "readRegister") {
      const slot = registerSlot(layout, statement.register);
      if (slot) sources.set(statement.result.id, slot);
    } else if (statement.kind === "writeRegister") {
      const { value, register } = statement;
      const slot = registerSlot(layout, register);
      const isResult = value.kind === "float" && value.result === "value";
      if (slot && isResult && binary64Patterns(value.operation).result) registers.add(slot);
    } else if (statement.kind === "if") {
      statement.then.forEach(visit);
      statement.else.forEach(visit);
    } else if (statement.kind === "while") {
      statement.test.forEach(visit);
      statement.body.forEach(visit);
    }
  };
  body.forEach(visit);
}
