/** What the code of regions shares: of one module, and of one region. */
import type { FloatOperation, Isa, RegionPlaces } from "@isovm/isa-spec";
import type {
  FunctionBuilder,
  InlineFloatOptions,
  Label,
  Local,
  RuntimeLibrary,
} from "@isovm/wasm";
import type { RegisterSlot } from "../ir/register-slot.ts";
import type { PlacedInstruction } from "./guest-code.ts";

/** What the regions of a module share. */
export interface RegionServices {
  readonly isa: Isa;
  readonly places: RegionPlaces;
  readonly library: RuntimeLibrary;
  /** Instructions whose access is checked on its own, not together with others. */
  readonly isAlone: (instruction: PlacedInstruction) => boolean;
  /** Emits an operation: operands, rounding mode and accrued flags to value and flags. */
  readonly float: (
    code: FunctionBuilder,
    operation: FloatOperation,
    options: Omit<InlineFloatOptions, "mode">,
  ) => void;
}

/** Where control leaves the region, and what the code there takes. */
export interface RegionExits {
  /** Goes on at the address in `next`. */
  readonly leave: Label;
  /** Leaves the instruction at the address in `next` to the interpreter, giving back `back`. */
  readonly interpret: Label;
  readonly next: Local;
  readonly back: Local;
}

/** A register of the guest in a local. */
export interface HeldRegister {
  readonly slot: RegisterSlot;
  readonly local: Local;
  readonly written: boolean;
}
