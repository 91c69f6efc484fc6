/**
 * Errors that the host program caused, as opposed to traps of the guest, which are returned values.
 */

/**
 * The base of every error that isovm throws.
 *
 * Throwing means that the host misused the library or that a resource of the host failed; what a
 * guest does wrong is reported by a returned value and never by this class.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { IsovmError } from "@isovm/isa-spec";
 *
 * class RegisterNameError extends IsovmError<{ name: string }> {}
 * const error = new RegisterNameError("no register is named q7", { name: "q7" });
 * assert.equal(error.name, "RegisterNameError");
 * assert.equal(error.data.name, "q7");
 * ```
 */
export class IsovmError<Data extends object = object> extends Error {
  /** What a program needs to act on the error: addresses, widths, names. */
  readonly data: Readonly<Data>;

  constructor(message: string, data: Data = {} as Data, options?: { cause?: unknown }) {
    super(message, options);
    this.data = data;
    this.name = new.target.name;
  }
}

/** A specification (a row, a register file, an ISA) contradicts itself; thrown when it is built. */
export class SpecificationError extends IsovmError<{ subject: string }> {}

/** A value does not fit the width in bits that it was given. */
export class WidthError extends IsovmError<{ width: number; value?: bigint }> {}

/** A part was asked for something that this version of it does not provide. */
export class UnsupportedError extends IsovmError<{ feature: string }> {}
