/**
 * Comparisons, minimum, maximum and classification.
 *
 * @see IEEE Std 754-2019, 5.11 (comparison predicates), 9.6 (minimumNumber, maximumNumber);
 *   RISC-V Unprivileged 20240411, 20.6, 20.8 and 20.9.
 */
import { type FloatFormat, precisionOf } from "./format.ts";
import { type FloatPolicy, nanResult } from "./policy.ts";
import { type FloatOutcome, flag } from "./status.ts";
import { bitLength, isNan, isSignallingNan, unpack } from "./unpack.ts";

/** -1, 0 or 1 as x is below, equal to or above y, both not NaN; -0 equals +0. */
function order(format: FloatFormat, a: bigint, b: bigint): -1 | 0 | 1 {
  const x = rank(format, a);
  const y = rank(format, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** An integer that orders as the patterns' values do: the magnitudes' patterns are in order already. */
function rank(format: FloatFormat, bits: bigint): bigint {
  const magnitude = BigInt.asUintN(format.width - 1, bits);
  return unpack(format, bits).negative ? -magnitude : magnitude;
}

function compare(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  quiet: boolean,
  holds: (order: -1 | 0 | 1) => boolean,
): FloatOutcome {
  if (isNan(format, a) || isNan(format, b)) {
    const invalid = !quiet || isSignallingNan(format, a) || isSignallingNan(format, b);
    return { value: 0n, flags: invalid ? flag.invalid : 0 };
  }
  return { value: holds(order(format, a, b)) ? 1n : 0n, flags: 0 };
}

/** 1 if a = b, else 0; quiet: only a signalling NaN raises invalid. */
export function compareEqual(format: FloatFormat, a: bigint, b: bigint): FloatOutcome {
  return compare(format, a, b, true, (o) => o === 0);
}

/** 1 if a < b, else 0; signalling: any NaN raises invalid. */
export function compareLess(format: FloatFormat, a: bigint, b: bigint): FloatOutcome {
  return compare(format, a, b, false, (o) => o < 0);
}

/** 1 if a ≤ b, else 0; signalling: any NaN raises invalid. */
export function compareLessEqual(format: FloatFormat, a: bigint, b: bigint): FloatOutcome {
  return compare(format, a, b, false, (o) => o <= 0);
}

/** 1 if a < b, else 0; quiet: only a signalling NaN raises invalid. */
export function compareLessQuiet(format: FloatFormat, a: bigint, b: bigint): FloatOutcome {
  return compare(format, a, b, true, (o) => o < 0);
}

/** 1 if a ≤ b, else 0; quiet: only a signalling NaN raises invalid. */
export function compareLessEqualQuiet(format: FloatFormat, a: bigint, b: bigint): FloatOutcome {
  return compare(format, a, b, true, (o) => o <= 0);
}

function select(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  policy: FloatPolicy,
  takeFirst: (order: -1 | 0 | 1, firstNegative: boolean) => boolean,
): FloatOutcome {
  const flags = isSignallingNan(format, a) || isSignallingNan(format, b) ? flag.invalid : 0;
  if (isNan(format, a)) {
    return isNan(format, b) ? nanResult(format, [a, b], policy) : { value: b, flags };
  }
  if (isNan(format, b)) return { value: a, flags };
  const first = takeFirst(order(format, a, b), unpack(format, a).negative);
  return { value: first ? a : b, flags };
}

/**
 * The smaller of a and b, -0 below +0; of a number and a NaN it is the number, a signalling NaN raising
 * invalid (minimumNumber, RISC-V FMIN).
 */
export function minimumNumber(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  policy: FloatPolicy,
): FloatOutcome {
  return select(format, a, b, policy, (o, negative) => o < 0 || (o === 0 && negative));
}

/**
 * The larger of a and b, -0 below +0; of a number and a NaN it is the number, a signalling NaN raising
 * invalid (maximumNumber, RISC-V FMAX).
 */
export function maximumNumber(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  policy: FloatPolicy,
): FloatOutcome {
  return select(format, a, b, policy, (o, negative) => o > 0 || (o === 0 && !negative));
}

/** The bits of {@link classify}'s mask. */
export const floatClass = {
  negativeInfinity: 0x001,
  negativeNormal: 0x002,
  negativeSubnormal: 0x004,
  negativeZero: 0x008,
  positiveZero: 0x010,
  positiveSubnormal: 0x020,
  positiveNormal: 0x040,
  positiveInfinity: 0x080,
  signallingNan: 0x100,
  quietNan: 0x200,
} as const;

/** The class of a pattern as a mask of 10 bits with one set, RISC-V FCLASS's; it raises nothing. */
export function classify(format: FloatFormat, a: bigint): FloatOutcome {
  const x = unpack(format, a);
  const mask = (): number => {
    if (x.kind === "nan") {
      return isSignallingNan(format, a) ? floatClass.signallingNan : floatClass.quietNan;
    }
    if (x.kind === "infinity") {
      return x.negative ? floatClass.negativeInfinity : floatClass.positiveInfinity;
    }
    if (x.significand === 0n) return x.negative ? floatClass.negativeZero : floatClass.positiveZero;
    if (bitLength(x.significand) < precisionOf(format)) {
      return x.negative ? floatClass.negativeSubnormal : floatClass.positiveSubnormal;
    }
    return x.negative ? floatClass.negativeNormal : floatClass.positiveNormal;
  };
  return { value: BigInt(mask()), flags: 0 };
}
