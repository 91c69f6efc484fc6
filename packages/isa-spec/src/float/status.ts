/**
 * Rounding directions, exception flags and what an operation returns.
 *
 * @see RISC-V Unprivileged 20240411, 20.2 (frm and fflags); IEEE Std 754-2019, clauses 4.3 and 7.
 */

/** The rounding modes, numbered as RISC-V's `frm`; the semantics IR uses the same numbers. */
export const rounding = {
  /** To nearest, ties to even (RNE). */
  nearestEven: 0,
  /** Towards zero (RTZ). */
  towardZero: 1,
  /** Towards minus infinity (RDN). */
  down: 2,
  /** Towards plus infinity (RUP). */
  up: 3,
  /** To nearest, ties away from zero (RMM). */
  nearestMaxMagnitude: 4,
} as const;

/** The exception flags: a mask of 5 bits in the order of RISC-V's `fflags`. */
export const flag = {
  /** NX: the result is rounded. */
  inexact: 1,
  /** UF: the result is tiny and rounded. */
  underflow: 2,
  /** OF: the rounded result exceeds the largest finite number. */
  overflow: 4,
  /** DZ: an infinite result of finite operands. */
  divideByZero: 8,
  /** NV: no useful result, or a signalling NaN. */
  invalid: 16,
} as const;

/** What a floating-point operation returns. */
export interface FloatOutcome {
  /** The result's pattern, unsigned: of the result's format, an integer, or 0/1 for comparisons. */
  readonly value: bigint;
  /** The exceptions raised, a mask of {@link flag}. */
  readonly flags: number;
}
