/**
 * Names of the registers in assembly text.
 *
 * @see RISC-V ABIs Specification 1.0, "Register Convention"
 */

const ascending = (prefix: string, from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`);

/** ABI names of x0 to x31. */
export const integerRegisterNames: readonly string[] = [
  "zero",
  "ra",
  "sp",
  "gp",
  "tp",
  ...ascending("t", 0, 2),
  ...ascending("s", 0, 1),
  ...ascending("a", 0, 7),
  ...ascending("s", 2, 11),
  ...ascending("t", 3, 6),
];

/** ABI names of f0 to f31. */
export const floatRegisterNames: readonly string[] = [
  ...ascending("ft", 0, 7),
  ...ascending("fs", 0, 1),
  ...ascending("fa", 0, 7),
  ...ascending("fs", 2, 11),
  ...ascending("ft", 8, 11),
];
