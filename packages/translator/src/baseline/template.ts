/** What the baseline translation copies for the instructions of a row. */
import type { float, RecordSlot } from "@isovm/isa-spec";
import type { FragmentLocals } from "@isovm/wasm";

/** A function of the floating-point library, as `FloatLibrary.function` takes it. */
export interface FloatCall {
  readonly operator: float.FloatOperatorName;
  readonly format: number;
  readonly otherWidth: number;
}

/** The place of a register in the state: known, or in a slot of the record. */
export type RegisterPlace =
  | { readonly kind: "known"; readonly offset: number }
  | { readonly kind: "slot"; readonly slot: RecordSlot };

/** What differs from one instruction of a row to the other. */
export type TemplateHole =
  /** Pushes a value of the record, as an i32 up to 32 bits, else as an i64. */
  | { readonly kind: "value"; readonly slot: RecordSlot; readonly width: number }
  /** The byte offset of a register, where a load or store has its own. */
  | { readonly kind: "register"; readonly place: RegisterPlace }
  /** Pushes the address of the instruction, or of the next one. */
  | { readonly kind: "pc" | "nextPc" }
  /** Calls a function of the floating-point library. */
  | { readonly kind: "float"; readonly call: FloatCall }
  /** Leaves the instruction to the interpreter. */
  | { readonly kind: "interpret" }
  /** Goes to an address at a distance that is in the record. */
  | { readonly kind: "goto"; readonly slot: RecordSlot }
  /** Goes to the address in `next`. */
  | { readonly kind: "jump" };

/** How the access of an instruction is translated. */
export type AccessMode =
  /** Its page is compared. */
  | "checked"
  /** Its page was compared, together with those of other accesses. */
  | "grouped"
  /** It is looked up in the software TLB. */
  | "lookedUp";

/** Code with holes. */
export interface Template {
  /** The bytes before each hole, and those behind the last one. */
  readonly parts: readonly Uint8Array[];
  readonly sizeBytes: number;
  readonly holes: readonly TemplateHole[];
  /** By hole: constructs of the template that are open there. */
  readonly depths: Uint8Array;
  readonly locals: FragmentLocals;
}
