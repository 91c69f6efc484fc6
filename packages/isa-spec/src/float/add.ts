/**
 * Addition and subtraction.
 *
 * @see IEEE Std 754-2019, 5.4.1 and 6.3 (the sign of a zero sum).
 */
import { type FloatFormat, infinity } from "./format.ts";
import { type FloatPolicy, invalidResult, nanResult } from "./policy.ts";
import { type ExactNumber, round } from "./round.ts";
import { type FloatOutcome, rounding } from "./status.ts";
import { isNan, unpack } from "./unpack.ts";

/** The exact sum of two numbers; a zero sum has the sign that `mode` gives it. */
export function exactSum(x: ExactNumber, y: ExactNumber, mode: number): ExactNumber {
  const exponent = Math.min(x.exponent, y.exponent);
  const signed = (n: ExactNumber): bigint => {
    const aligned = n.significand << BigInt(n.exponent - exponent);
    return n.negative ? -aligned : aligned;
  };
  const sum = signed(x) + signed(y);
  if (sum === 0n) {
    const negative = x.negative === y.negative ? x.negative : mode === rounding.down;
    return { negative, significand: 0n, exponent };
  }
  return { negative: sum < 0n, significand: sum < 0n ? -sum : sum, exponent };
}

/** The pattern with its sign flipped; no operation in IEEE 754's sense, so NaNs are flipped too. */
export function negate(format: FloatFormat, bits: bigint): bigint {
  return bits ^ (1n << BigInt(format.width - 1));
}

/** a + b. */
export function add(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  const x = unpack(format, a);
  const y = unpack(format, b);
  if (x.kind === "nan" || y.kind === "nan") return nanResult(format, [a, b], policy);
  if (x.kind === "infinity" && y.kind === "infinity" && x.negative !== y.negative) {
    return invalidResult(format, policy);
  }
  if (x.kind === "infinity") return { value: infinity(format, x.negative), flags: 0 };
  if (y.kind === "infinity") return { value: infinity(format, y.negative), flags: 0 };
  return round(format, exactSum(x, y, mode), mode, policy);
}

/** a - b. */
export function subtract(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  if (isNan(format, b)) return nanResult(format, [a, b], policy);
  return add(format, a, negate(format, b), mode, policy);
}
