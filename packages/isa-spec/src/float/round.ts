/**
 * The one place where an exact value becomes a pattern: rounding, overflow and underflow.
 *
 * @see IEEE Std 754-2019, 4.3 (rounding-direction attributes), 7.4 (overflow), 7.5 (underflow).
 */
import {
  biasOf,
  type FloatFormat,
  infinity,
  largestFinite,
  pack,
  precisionOf,
  specialExponent,
  zero,
} from "./format.ts";
import type { FloatPolicy } from "./policy.ts";
import { type FloatOutcome, flag, rounding } from "./status.ts";
import { bitLength } from "./unpack.ts";

/** An exact number: (-1)^negative × significand × 2^exponent. */
export interface ExactNumber {
  readonly negative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
}

/**
 * The multiple of 2^quantum that `exact` rounds to, as a non-negative integer count of quanta.
 *
 * A mode outside 0–4 rounds as nearest-even, so that every operation is total; an ISA that reserves the
 * numbers traps before it gets here.
 */
export function roundToQuantum(
  exact: ExactNumber,
  quantum: number,
  mode: number,
): { readonly count: bigint; readonly inexact: boolean } {
  const shift = quantum - exact.exponent;
  if (shift <= 0) return { count: exact.significand << BigInt(-shift), inexact: false };
  const below = exact.significand >> BigInt(shift);
  const rest = exact.significand - (below << BigInt(shift));
  if (rest === 0n) return { count: below, inexact: false };
  const half = 1n << BigInt(shift - 1);
  let increment: boolean;
  switch (mode) {
    case rounding.towardZero:
      increment = false;
      break;
    case rounding.down:
      increment = exact.negative;
      break;
    case rounding.up:
      increment = !exact.negative;
      break;
    case rounding.nearestMaxMagnitude:
      increment = rest >= half;
      break;
    default:
      increment = rest > half || (rest === half && (below & 1n) === 1n);
  }
  return { count: increment ? below + 1n : below, inexact: true };
}

/**
 * The number of `format` that an exact value rounds to, with the inexact, underflow and overflow flags.
 *
 * A zero keeps the sign it was given. A value that isn't a finite binary fraction (quotients, roots) may be
 * given truncated, with a sticky 1 appended, if at least two bits more than the precision stand before it.
 */
export function round(
  format: FloatFormat,
  exact: ExactNumber,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  const { negative, significand, exponent } = exact;
  if (significand === 0n) return { value: zero(format, negative), flags: 0 };
  const precision = precisionOf(format);
  const lowestExponent = 1 - biasOf(format);
  const leading = exponent + bitLength(significand) - 1;
  const quantum = Math.max(leading, lowestExponent) - format.fractionBits;

  let { count, inexact } = roundToQuantum(exact, quantum, mode);
  let biasedExponent = quantum + format.fractionBits + biasOf(format);
  if (bitLength(count) > precision) {
    count >>= 1n;
    biasedExponent += 1;
  }
  if (biasedExponent >= specialExponent(format)) return overflow(format, negative, mode);
  if (bitLength(count) < precision) biasedExponent = 0;

  let flags = inexact ? flag.inexact : 0;
  if (inexact && isTiny(exact, leading, format, mode, policy)) flags |= flag.underflow;
  return { value: pack(format, negative, biasedExponent, count), flags };
}

function isTiny(
  exact: ExactNumber,
  leading: number,
  format: FloatFormat,
  mode: number,
  policy: FloatPolicy,
): boolean {
  const lowestExponent = 1 - biasOf(format);
  if (leading >= lowestExponent) return false;
  if (policy.tininess === "before" || leading < lowestExponent - 1) return true;
  const unbounded = roundToQuantum(exact, leading - format.fractionBits, mode);
  return bitLength(unbounded.count) === precisionOf(format);
}

function overflow(format: FloatFormat, negative: boolean, mode: number): FloatOutcome {
  const toFinite =
    mode === rounding.towardZero || mode === (negative ? rounding.up : rounding.down);
  const value = toFinite ? largestFinite(format, negative) : infinity(format, negative);
  return { value, flags: flag.overflow | flag.inexact };
}
