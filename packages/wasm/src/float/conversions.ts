/**
 * Conversions between binary32 and binary64, from and to integers of 32 and 64 bits, and rounding
 * to an integral number.
 *
 * @see RISC-V Unprivileged 20240411, 20.7 (clipping, and invalid instead of inexact).
 */
import { float } from "@isovm/isa-spec";
import { oneOperand } from "./arithmetic.ts";
import { double, type NativeFormat, single } from "./layout.ts";
import {
  defaultNan,
  emitRounded,
  type FloatFunction,
  isNan,
  isSignalling,
  returnSlow,
  withInvalid,
} from "./rounded.ts";
import type { Term, TermBuilder } from "./terms.ts";

/** binary32 to binary64: exact. */
export function emitWiden(f: FloatFunction): void {
  const { t, policy, accrued } = f;
  const x = oneOperand(f);
  t.when(isNan(t, x), () => {
    if (policy.nan === "canonical") {
      t.return(defaultNan(t, double, policy), withInvalid(t, accrued, isSignalling(t, x)));
    } else returnSlow(f);
  });
  t.return(t.reinterpret(t.wide(x)), accrued);
}

/** binary64 to binary32. */
export function emitNarrow(f: FloatFunction): void {
  const { t } = f;
  const x = oneOperand(f);
  const value = t.let("value", t.apply("f32.demote_f64", x));
  emitRounded(f, {
    format: single,
    value,
    error: () => t.op("sub", x, t.wide(value)),
    underflows: true,
    ties: true,
    sum: false,
    specials: [x],
    invalidNan: true,
  });
}

/** An integer of 32 or 64 bits to a float. */
export function emitFromInteger(
  f: FloatFunction,
  format: NativeFormat,
  width: 32 | 64,
  signed: boolean,
): void {
  const { t } = f;
  const [integer] = f.operands;
  if (integer === undefined) throw new RangeError("a conversion has an operand");
  const sign = signed ? "s" : "u";
  const frame = {
    format,
    underflows: false,
    ties: true,
    sum: false,
    specials: [],
    invalidNan: false,
  } as const;
  if (width === 32) {
    const exact = t.let("exact", t.apply(`f64.convert_i32_${sign}`, integer));
    if (format.width === 64) {
      t.return(t.reinterpret(exact), f.accrued);
      return;
    }
    const value = t.let("value", t.apply("f32.demote_f64", exact));
    emitRounded(f, { ...frame, value, error: () => t.op("sub", exact, t.wide(value)) });
    return;
  }
  const convert = format.width === 32 ? "f32.convert_i64" : "f64.convert_i64";
  const value = t.let("value", t.apply(`${convert}_${sign}`, integer));
  // Both halves are exact as doubles, and so is what the result leaves of them.
  const half = t.integer("i64", 32);
  const shifted = t.op(signed ? "shr_s" : "shr_u", integer, half);
  const upper = t.op(
    "mul",
    t.apply(`f64.convert_i32_${sign}`, t.apply("i32.wrap_i64", shifted)),
    t.f64(2 ** 32),
  );
  const lower = t.apply("f64.convert_i32_u", t.apply("i32.wrap_i64", integer));
  const error = () => t.op("add", t.op("sub", upper, t.wide(value)), lower);
  emitRounded(f, { ...frame, value, error });
}

/** Emits x rounded to an integral number in the direction of the mode; x is a double. */
function integral(t: TermBuilder, x: Term, mode: Term): Term {
  const result = t.variable("f64", "integral");
  const isMode = (value: number): Term => t.op("eq", mode, t.i32(value));
  t.when(
    isMode(float.rounding.towardZero),
    () => result.set(t.op("trunc", x)),
    () => {
      result.set(t.op("nearest", x));
      t.when(isMode(float.rounding.down), () => result.set(t.op("floor", x)));
      t.when(isMode(float.rounding.up), () => result.set(t.op("ceil", x)));
      t.when(isMode(float.rounding.nearestMaxMagnitude), () => {
        result.set(t.op("trunc", x));
        const fraction = t.op("abs", t.op("sub", x, result));
        const away = t.select(t.op("ge", fraction, t.f64(0.5)), t.f64(1), t.f64(0));
        // The copied sign also keeps -0 what it is.
        result.set(t.apply("f64.copysign", t.op("add", t.op("abs", result), away), x));
      });
    },
  );
  return result;
}

/** A float to an integer of 32 or 64 bits. */
export function emitToInteger(f: FloatFunction, width: 32 | 64, signed: boolean): void {
  const { t, accrued, policy } = f;
  const x = t.let("wide", t.wide(oneOperand(f)));
  const rounded = integral(t, x, f.mode);
  const type = width === 32 ? "i32" : "i64";
  const lowest = signed ? -(2 ** (width - 1)) : 0;
  const beyond = 2 ** (signed ? width - 1 : width);
  const convert = (): Term => t.apply(`${type}.trunc_sat_f64_${signed ? "s" : "u"}`, rounded);
  const inRange = t.and(t.op("ge", rounded, t.f64(lowest)), t.op("lt", rounded, t.f64(beyond)));
  t.when(inRange, () => t.return(convert(), t.or(accrued, t.op("ne", rounded, x))));
  const highest = t.integer(type, (1n << BigInt(signed ? width - 1 : width)) - 1n);
  const minimum = t.integer(type, 1n << BigInt(width - 1));
  // Saturating truncation gives 0 for NaN.
  const values = {
    saturate: () => t.select(isNan(t, x), highest, convert()),
    "saturate-nan-zero": convert,
    indefinite: () => (signed ? minimum : highest),
  };
  t.return(values[policy.invalidInteger](), withInvalid(t, accrued, t.i32(1)));
}

/** A float to an integral number of the same format. */
export function emitIntegral(f: FloatFunction, format: NativeFormat, raises: boolean): void {
  const { t, accrued, policy } = f;
  const x = oneOperand(f);
  t.when(isNan(t, x), () => {
    if (policy.nan === "canonical") {
      t.return(defaultNan(t, format, policy), withInvalid(t, accrued, isSignalling(t, x)));
    } else returnSlow(f);
  });
  const wide = t.let("wide", t.wide(x));
  const rounded = integral(t, wide, f.mode);
  const value = format.width === 32 ? t.apply("f32.demote_f64", rounded) : rounded;
  t.return(t.reinterpret(value), raises ? t.or(accrued, t.op("ne", rounded, wide)) : accrued);
}
