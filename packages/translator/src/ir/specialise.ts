/** Specialisation: a row becomes what one instruction word does. */
import type { Instruction, StateLayout, Statement } from "@isovm/isa-spec";
import { type BodyEffects, bodyEffects } from "./effects.ts";
import { rewriteBody } from "./rewrite.ts";
import { traitsOf } from "./traits.ts";

/** An instruction whose operands are known: what its row does for one instruction word. */
export interface SpecialisedInstruction {
  readonly row: Instruction;
  /** Length in bytes, without prefixes. */
  readonly sizeBytes: number;
  /** Its statements, without fields of the instruction word; `pc` and `nextPc` stand for places. */
  readonly body: readonly Statement[];
  readonly effects: BodyEffects;
}

/** The row with its fields put in. `layout` is that of the row's ISA. */
export function specialise(
  row: Instruction,
  layout: StateLayout,
  field: (name: string) => bigint,
): SpecialisedInstruction {
  const traits = traitsOf(row);
  const { body } = rewriteBody(row.semantics.body, { layout, field, traits });
  return { row, sizeBytes: row.sizeBytes, body, effects: bodyEffects(body, layout, traits) };
}
