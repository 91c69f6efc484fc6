/** The error for IR that the lowering doesn't know. */
import { UnsupportedError } from "@isovm/isa-spec";

/** The error for IR that has no lowering. */
export function unsupported(feature: string): UnsupportedError {
  return new UnsupportedError(`${feature} has no lowering to WebAssembly yet`, { feature });
}
