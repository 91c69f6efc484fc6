/**
 * Division, remainder and square root.
 *
 * @see IEEE Std 754-2019, 5.3.1 (remainder), 5.4.1, 7.2 (invalid operation), 7.3 (division by zero).
 */
import { type FloatFormat, infinity, precisionOf, zero } from "./format.ts";
import { type FloatPolicy, invalidResult, nanResult } from "./policy.ts";
import { round, roundToQuantum } from "./round.ts";
import { type FloatOutcome, flag } from "./status.ts";
import { bitLength, unpack } from "./unpack.ts";

/** a ÷ b. */
export function divide(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  const x = unpack(format, a);
  const y = unpack(format, b);
  if (x.kind === "nan" || y.kind === "nan") return nanResult(format, [a, b], policy);
  const negative = x.negative !== y.negative;
  if (x.kind === "infinity") {
    if (y.kind === "infinity") return invalidResult(format, policy);
    return { value: infinity(format, negative), flags: 0 };
  }
  if (y.kind === "infinity") return { value: zero(format, negative), flags: 0 };
  if (y.significand === 0n) {
    if (x.significand === 0n) return invalidResult(format, policy);
    return { value: infinity(format, negative), flags: flag.divideByZero };
  }
  const scale = Math.max(
    0,
    precisionOf(format) + 2 + bitLength(y.significand) - bitLength(x.significand),
  );
  const numerator = x.significand << BigInt(scale);
  const quotient = numerator / y.significand;
  const sticky = quotient * y.significand === numerator ? 0n : 1n;
  const exact = {
    negative,
    significand: (quotient << 1n) | sticky,
    exponent: x.exponent - y.exponent - scale - 1,
  };
  return round(format, exact, mode, policy);
}

/**
 * a - n × b, exact, where n is a ÷ b rounded to an integer in the direction `quotientMode`.
 *
 * Nearest-even is IEEE 754's remainder (x87 FPREM1); towards zero is C's fmod (FPREM, JVM drem). A zero
 * result has the sign of a.
 */
export function remainder(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  quotientMode: number,
  policy: FloatPolicy,
): FloatOutcome {
  const x = unpack(format, a);
  const y = unpack(format, b);
  if (x.kind === "nan" || y.kind === "nan") return nanResult(format, [a, b], policy);
  if (x.kind === "infinity" || (y.kind === "finite" && y.significand === 0n)) {
    return invalidResult(format, policy);
  }
  if (y.kind === "infinity") return { value: a, flags: 0 };
  const exponent = Math.min(x.exponent, y.exponent);
  const dividend = x.significand << BigInt(x.exponent - exponent);
  const divisor = y.significand << BigInt(y.exponent - exponent);
  const below = dividend / divisor;
  const sticky = below * divisor === dividend ? 0n : 1n;
  // Two bits under the integer tell a half from more and from less.
  const half = (dividend * 2n) / divisor - below * 2n;
  const halfSticky = ((below * 2n + half) * divisor === dividend * 2n ? 0n : 1n) & sticky;
  const quotient = roundToQuantum(
    {
      negative: x.negative !== y.negative,
      significand: (below << 2n) | (half << 1n) | halfSticky,
      exponent: -2,
    },
    0,
    quotientMode,
  ).count;
  const rest = dividend - quotient * divisor;
  return round(
    format,
    {
      negative: rest < 0n ? !x.negative : x.negative,
      significand: rest < 0n ? -rest : rest,
      exponent,
    },
    quotientMode,
    policy,
  );
}

/** The square root of a; of -0 it is -0. */
export function squareRoot(
  format: FloatFormat,
  a: bigint,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  const x = unpack(format, a);
  if (x.kind === "nan") return nanResult(format, [a], policy);
  if (x.kind === "finite" && x.significand === 0n)
    return { value: zero(format, x.negative), flags: 0 };
  if (x.negative) return invalidResult(format, policy);
  if (x.kind === "infinity") return { value: a, flags: 0 };
  let scale = Math.max(0, 2 * (precisionOf(format) + 2) - bitLength(x.significand));
  if ((x.exponent - scale) % 2 !== 0) scale += 1;
  const radicand = x.significand << BigInt(scale);
  const root = integerSquareRoot(radicand);
  const sticky = root * root === radicand ? 0n : 1n;
  const exact = {
    negative: false,
    significand: (root << 1n) | sticky,
    exponent: (x.exponent - scale) / 2 - 1,
  };
  return round(format, exact, mode, policy);
}

/** The largest integer whose square is at most `n`, by Newton's iteration from above. */
function integerSquareRoot(n: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(bitLength(n) / 2));
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
