/**
 * Errors of the WebAssembly emitter: all are misuse by the host program.
 *
 * @module
 */
import { IsovmError } from "@isovm/isa-spec";

/** Where in the module under construction an error was noticed. */
export interface EmitErrorData {
  /** The function being emitted, as it was declared. */
  readonly functionName?: string;
  /** The instruction at fault, as the text format spells it. */
  readonly instruction?: string;
}

/** Misuse of the emitter: an unknown index, a closed label, an unbalanced `end`, … */
export class EmitError extends IsovmError<EmitErrorData> {}

/**
 * An emitted instruction that does not fit the operand stack. Thrown only by builders that were
 * created with `validate: true`; the message names the function and the instruction.
 */
export class ValidationError extends EmitError {}
