/** What the command's exit codes mean; all in one table. */

/**
 * The exit codes of `isovm` itself. `isovm run` gives the guest's own code otherwise, or 128 plus
 * the number of the signal that ended the guest.
 */
export const exitCodes = {
  success: 0,
  /** The input of `asm`, `disasm` or `explain` is wrong. */
  input: 1,
  /** A limit was reached: fuel, memory. */
  limit: 123,
  /** Wrong usage, or a failure of isovm itself. */
  failure: 125,
  /** The program is there, but can't be executed here. */
  notExecutable: 126,
  notFound: 127,
  /** The reader of standard output has gone: what SIGPIPE gives. */
  readerGone: 141,
  /** Added to the number of the signal that ended a guest. */
  signal: 128,
} as const;
