/**
 * Comparisons, minimum, maximum and classification: exact, so they neither round nor need the
 * slow path, except for a NaN that the policy propagates.
 */
import { oneOperand, twoOperands } from "./arithmetic.ts";
import type { NativeFormat } from "./layout.ts";
import {
  defaultNan,
  type FloatFunction,
  isNan,
  isSignalling,
  returnSlow,
  withInvalid,
} from "./rounded.ts";

/** 1 if x = y, x < y or x ≤ y, else 0; `quiet` spares quiet NaNs the invalid flag. */
export function emitComparison(
  f: FloatFunction,
  relation: "eq" | "lt" | "le",
  quiet: boolean,
): void {
  const { t, accrued } = f;
  const [x, y] = twoOperands(f);
  t.when(t.or(isNan(t, x), isNan(t, y)), () => {
    const invalid = quiet ? t.or(isSignalling(t, x), isSignalling(t, y)) : t.i32(1);
    t.return(t.i32(0), withInvalid(t, accrued, invalid));
  });
  t.return(t.op(relation, x, y), accrued);
}

/** minimumNumber or maximumNumber. */
export function emitSelection(f: FloatFunction, format: NativeFormat, choice: "min" | "max"): void {
  const { t, policy, accrued, operands } = f;
  const [x, y] = twoOperands(f);
  t.when(t.or(isNan(t, x), isNan(t, y)), () => {
    if (policy.nan !== "canonical") {
      returnSlow(f);
      return;
    }
    const [a = defaultNan(t, format, policy), b = a] = operands;
    const value = t.select(isNan(t, x), t.select(isNan(t, y), defaultNan(t, format, policy), b), a);
    const invalid = t.or(isSignalling(t, x), isSignalling(t, y));
    t.return(value, withInvalid(t, accrued, invalid));
  });
  t.return(t.reinterpret(t.op(choice, x, y)), accrued);
}

/** The class of x, a mask of ten bits with one set. */
export function emitClass(f: FloatFunction, format: NativeFormat): void {
  const { t, accrued } = f;
  const x = oneOperand(f);
  const constant = (value: bigint) => t.integer(format.integer, value);
  const bits = t.let("bits", t.reinterpret(x));
  const magnitude = t.let("magnitude", t.op("and", bits, constant(format.magnitudeMask)));
  t.when(isNan(t, x), () =>
    t.return(t.select(isSignalling(t, x), t.i32(1 << 8), t.i32(1 << 9)), accrued),
  );
  const atLeast = (limit: bigint) => t.op("ge_u", magnitude, constant(limit));
  // 0 zero, 1 subnormal, 2 normal, 3 infinite: upwards from bit 4, downwards from bit 3.
  const rank = t.let(
    "rank",
    t.op("add", t.op("add", atLeast(1n), atLeast(format.smallestNormal)), atLeast(format.infinity)),
  );
  const negative = t.op("lt_s", bits, constant(0n));
  t.return(
    t.select(negative, t.op("shr_u", t.i32(1 << 3), rank), t.op("shl", t.i32(1 << 4), rank)),
    accrued,
  );
}
