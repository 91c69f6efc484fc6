/**
 * Multiplication and fused multiply-add.
 *
 * @see IEEE Std 754-2019, 5.4.1; RISC-V Unprivileged 20240411, 20.6 (infinity × 0 + NaN).
 */
import { exactSum } from "./add.ts";
import { type FloatFormat, infinity } from "./format.ts";
import { type FloatPolicy, invalidResult, nanResult } from "./policy.ts";
import { type ExactNumber, round } from "./round.ts";
import type { FloatOutcome } from "./status.ts";
import { type Unpacked, unpack } from "./unpack.ts";

function exactProduct(x: ExactNumber, y: ExactNumber): ExactNumber {
  return {
    negative: x.negative !== y.negative,
    significand: x.significand * y.significand,
    exponent: x.exponent + y.exponent,
  };
}

function isZero(x: Unpacked): boolean {
  return x.kind === "finite" && x.significand === 0n;
}

function isInfinityTimesZero(x: Unpacked, y: Unpacked): boolean {
  return (x.kind === "infinity" && isZero(y)) || (isZero(x) && y.kind === "infinity");
}

/** a × b. */
export function multiply(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  const x = unpack(format, a);
  const y = unpack(format, b);
  if (x.kind === "nan" || y.kind === "nan") return nanResult(format, [a, b], policy);
  if (isInfinityTimesZero(x, y)) return invalidResult(format, policy);
  if (x.kind === "infinity" || y.kind === "infinity") {
    return { value: infinity(format, x.negative !== y.negative), flags: 0 };
  }
  return round(format, exactProduct(x, y), mode, policy);
}

/** (a × b) + c, rounded once. */
export function fusedMultiplyAdd(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  c: bigint,
  mode: number,
  policy: FloatPolicy,
): FloatOutcome {
  const x = unpack(format, a);
  const y = unpack(format, b);
  const z = unpack(format, c);
  if (isInfinityTimesZero(x, y) && (z.kind !== "nan" || policy.fusedInvalid === "raise")) {
    return invalidResult(format, policy);
  }
  if (x.kind === "nan" || y.kind === "nan" || z.kind === "nan") {
    return nanResult(format, [a, b, c], policy);
  }
  const productNegative = x.negative !== y.negative;
  if (x.kind === "infinity" || y.kind === "infinity") {
    if (z.kind === "infinity" && z.negative !== productNegative) {
      return invalidResult(format, policy);
    }
    return { value: infinity(format, productNegative), flags: 0 };
  }
  if (z.kind === "infinity") return { value: infinity(format, z.negative), flags: 0 };
  return round(format, exactSum(exactProduct(x, y), z, mode), mode, policy);
}
