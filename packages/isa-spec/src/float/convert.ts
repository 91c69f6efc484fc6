/**
 * Conversions between formats, and from and to integers.
 *
 * @see IEEE Std 754-2019, 5.4.1, 5.4.2, 5.8, 5.9; RISC-V Unprivileged 20240411, 20.7 (clipping at the ends).
 */
import { type FloatFormat, infinity, quietNan } from "./format.ts";
import { type FloatPolicy, nanResult } from "./policy.ts";
import { round, roundToQuantum } from "./round.ts";
import { type FloatOutcome, flag } from "./status.ts";
import { isSignallingNan, unpack } from "./unpack.ts";

/** The shape of an integer operand or result. */
export interface IntegerType {
  readonly signed: boolean;
  /** Bits, at least 1. */
  readonly width: number;
}

/** a, a pattern of `from`, as a pattern of `to`; a propagated NaN keeps its sign and the payload's upper bits. */
export function convertFormat(
  from: FloatFormat,
  to: FloatFormat,
  a: bigint,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  const x = unpack(from, a);
  if (x.kind === "infinity") return { value: infinity(to, x.negative), flags: 0 };
  if (x.kind === "finite") return round(to, x, mode, policy);
  const flags = isSignallingNan(from, a) ? flag.invalid : 0;
  if (policy.nan === "canonical") {
    return { value: quietNan(to, policy.defaultNanNegative), flags };
  }
  const fraction = BigInt.asUintN(from.fractionBits, a);
  const payload = (fraction << BigInt(to.fractionBits)) >> BigInt(from.fractionBits);
  return { value: quietNan(to, x.negative) | payload, flags };
}

/** The number of `format` nearest in direction `mode` to an integer, given as a pattern of `type.width` bits. */
export function fromInteger(
  format: FloatFormat,
  type: IntegerType,
  a: bigint,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  const integer = type.signed ? BigInt.asIntN(type.width, a) : BigInt.asUintN(type.width, a);
  const negative = integer < 0n;
  return round(
    format,
    { negative, significand: negative ? -integer : integer, exponent: 0 },
    mode,
    policy,
  );
}

/**
 * The integer that a rounds to, as an unsigned pattern of `type.width` bits.
 *
 * A NaN, and a value whose *rounded* integer is out of range, raise invalid and nothing else, and give what
 * `policy.invalidInteger` says.
 */
export function toInteger(
  format: FloatFormat,
  type: IntegerType,
  a: bigint,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  const { signed, width } = type;
  const lowest = signed ? -(1n << BigInt(width - 1)) : 0n;
  const highest = (1n << BigInt(signed ? width - 1 : width)) - 1n;
  const result = (integer: bigint, flags: number): FloatOutcome => ({
    value: BigInt.asUintN(width, integer),
    flags,
  });
  const outOfRange = (clipped: bigint): FloatOutcome =>
    result(
      policy.invalidInteger === "indefinite" ? (signed ? lowest : highest) : clipped,
      flag.invalid,
    );

  const x = unpack(format, a);
  if (x.kind === "nan") {
    return outOfRange(policy.invalidInteger === "saturate-nan-zero" ? 0n : highest);
  }
  if (x.kind === "infinity") return outOfRange(x.negative ? lowest : highest);
  const { count, inexact } = roundToQuantum(x, 0, mode);
  const integer = x.negative ? -count : count;
  if (integer < lowest) return outOfRange(lowest);
  if (integer > highest) return outOfRange(highest);
  return result(integer, inexact ? flag.inexact : 0);
}

function integral(
  format: FloatFormat,
  a: bigint,
  mode: number,
  policy: FloatPolicy,
  inexactFlag: number,
): FloatOutcome {
  const x = unpack(format, a);
  if (x.kind === "nan") return nanResult(format, [a], policy);
  if (x.kind === "infinity") return { value: a, flags: 0 };
  const { count, inexact } = roundToQuantum(x, 0, mode);
  const { value } = round(
    format,
    { negative: x.negative, significand: count, exponent: 0 },
    mode,
    policy,
  );
  return { value, flags: inexact ? inexactFlag : 0 };
}

/** The integral number of the same format that a rounds to, its sign kept; inexact isn't raised (RISC-V FROUND). */
export function roundToIntegral(
  format: FloatFormat,
  a: bigint,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  return integral(format, a, mode, policy, 0);
}

/** As {@link roundToIntegral}, raising inexact when the value changes (RISC-V FROUNDNX, x87 FRNDINT). */
export function roundToIntegralExact(
  format: FloatFormat,
  a: bigint,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  return integral(format, a, mode, policy, flag.inexact);
}
