/** Where the register operands of a row are. */
import type { Isa, RecordSlots, RegisterReference } from "@isovm/isa-spec";
import type { RegisterPlace } from "./template.ts";

/** The place of a register in the state; undefined if it is known when it is executed only. */
export function placeOf(
  reference: RegisterReference,
  slots: RecordSlots,
  isa: Isa,
): RegisterPlace | undefined {
  const slot = slots.registers.get(reference);
  if (slot) return { kind: "slot", slot };
  const { file, index } = reference;
  const layout = isa.layout.files.get(file);
  if (!layout || (index && index.kind !== "constant")) return undefined;
  const offset = layout.offset + Number(index?.value ?? 0n) * layout.strideBytes;
  return { kind: "known", offset };
}
