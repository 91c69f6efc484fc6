/**
 * The frame that all rounding operations share: given the natively rounded result and a way to its
 * rounding error, it derives the flags and the directed modes, or calls the slow path.
 *
 * The native result is the answer for round-to-nearest-even whenever it is finite. What remains is
 * whether it is exact, which costs most and is asked only while the sticky inexact flag is clear.
 */

import { type FloatPolicy, float } from "@isovm/isa-spec";
import type { FunctionIndex } from "../emit/types.ts";
import { double, type NativeFormat, single } from "./layout.ts";
import type { Term, TermBuilder } from "./terms.ts";

/** What the frame of one function works on. */
export interface FloatFunction {
  readonly t: TermBuilder;
  readonly policy: FloatPolicy;
  /** The operands as patterns, in their parameters. */
  readonly operands: readonly Term[];
  readonly mode: Term;
  /** The flags already raised. */
  readonly accrued: Term;
  readonly slow: FunctionIndex;
  /** Which operation the slow path is asked for. */
  readonly operation: number;
  /** The type of the function's value. */
  readonly valueType: "i32" | "i64";
}

/** An operation as the host computes it. */
export interface NativeResult {
  readonly format: NativeFormat;
  /** The result, rounded to nearest even by the host. */
  readonly value: Term;
  /**
   * Emits what is needed for a double that has the sign of (exact - value) and is zero only if value
   * is exact; NaN or infinite where that isn't known.
   */
  readonly error: () => Term;
  /** Whether an inexact result can be tiny. */
  readonly underflows: boolean;
  /** Whether the exact value can lie halfway between two numbers. */
  readonly ties: boolean;
  /** Whether the sign of an exact zero depends on the mode. */
  readonly sum: boolean;
  /** The operands, as floats, whose infinities are exact and whose NaNs are propagated. */
  readonly specials: readonly Term[];
  /** Whether a NaN result without a NaN operand is an invalid operation; else the slow path decides on NaNs. */
  readonly invalidNan: boolean;
}

/** Calls the slow path and returns its result. */
export function returnSlow(f: FloatFunction): void {
  const { t, operands, accrued } = f;
  const pattern = (operand: Term | undefined): Term =>
    operand === undefined ? t.integer("i64", 0) : t.extended("i64", operand);
  t.i32(f.operation).emit();
  for (const index of [0, 1, 2]) pattern(operands[index]).emit();
  f.mode.emit();
  t.code.call(f.slow);
  if (f.valueType === "i32") {
    const raised = t.code.local("i32", "raised");
    t.code.localSet(raised);
    t.code.i32WrapI64();
    t.code.localGet(raised);
  }
  accrued.emit();
  t.code.i32Or();
  t.code.return();
}

/** Whether a float of either format is infinite. */
function isInfinite(t: TermBuilder, x: Term): Term {
  return t.op("eq", t.op("abs", x), t.float(x.type as "f32" | "f64", Number.POSITIVE_INFINITY));
}

/** Whether a float is a signalling NaN. */
export function isSignalling(t: TermBuilder, x: Term): Term {
  const n = x.type === "f32" ? single : double;
  const magnitude = t.op("and", t.reinterpret(x), t.integer(n.integer, n.magnitudeMask));
  const first = n.infinity + 1n;
  return t.op(
    "lt_u",
    t.op("sub", magnitude, t.integer(n.integer, first)),
    t.integer(n.integer, n.quietNan - first),
  );
}

/** Whether a float is a NaN. */
export function isNan(t: TermBuilder, x: Term): Term {
  return t.op("ne", x, x);
}

/** The pattern of a policy's default NaN. */
export function defaultNan(t: TermBuilder, n: NativeFormat, policy: FloatPolicy): Term {
  return t.integer(n.integer, n.quietNan | (policy.defaultNanNegative ? n.signBit : 0n));
}

/** Flags with invalid added if the condition, 0 or 1, holds. */
export function withInvalid(t: TermBuilder, flags: Term, condition: Term): Term {
  return t.or(flags, t.op("shl", condition, t.i32(4)));
}

/** Emits what the result's infinities and NaNs come to, unless the slow path has to say. */
function emitSpecial(f: FloatFunction, result: NativeResult, bits: Term, magnitude: Term): void {
  const { t, policy, accrued } = f;
  const { format: n, specials } = result;
  const [first, ...others] = specials;
  if (first === undefined) return;
  const any = (test: (t: TermBuilder, x: Term) => Term): Term =>
    t.or(test(t, first), ...others.map((other) => test(t, other)));
  const infinite = t.integer(n.integer, n.infinity);
  t.when(t.and(t.op("eq", magnitude, infinite), any(isInfinite)), () => t.return(bits, accrued));
  if (policy.nan !== "canonical" || !result.invalidNan) return;
  t.when(t.op("gt_u", magnitude, infinite), () => {
    const invalid = t.or(any(isSignalling), t.not(any(isNan)));
    t.return(defaultNan(t, n, policy), withInvalid(t, accrued, invalid));
  });
}

/**
 * Whether the native result is all there is to say: the mode is nearest-even and inexact is raised
 * already. It holds for most operations of most programs; there only the result's range counts.
 */
export function isSteady(f: Pick<FloatFunction, "t" | "mode" | "accrued">): Term {
  const { t } = f;
  return t.and(t.not(f.mode), t.op("and", f.accrued, t.i32(float.flag.inexact)));
}

/** What rounds up to the smallest normal number may be tiny, and a directed mode steps by one. */
function lowestOrdinary(n: NativeFormat): bigint {
  return n.smallestNormal + 2n;
}

/** Whether a magnitude is that of a result that neither overflowed nor underflowed. */
export function isOrdinary(
  t: TermBuilder,
  n: NativeFormat,
  magnitude: Term,
  underflows: boolean,
): Term {
  const constant = (value: bigint): Term => t.integer(n.integer, value);
  if (!underflows) return t.op("lt_u", magnitude, constant(n.largestFinite));
  const lowest = lowestOrdinary(n);
  const above = t.op("sub", magnitude, constant(lowest));
  return t.op("lt_u", above, constant(n.largestFinite - lowest));
}

/** Emits the rest of a function, from the native result to its returns. */
export function emitRounded(f: FloatFunction, result: NativeResult): void {
  const { t, mode, accrued } = f;
  const { code } = t;
  const { format: n, underflows } = result;
  const constant = (value: bigint): Term => t.integer(n.integer, value);
  const isMode = (value: number): Term => t.op("eq", mode, t.i32(value));
  const bits = t.let("bits", t.reinterpret(result.value));
  const magnitude = t.let("magnitude", t.op("and", bits, constant(n.magnitudeMask)));
  const ordinary = isOrdinary(t, n, magnitude, underflows);
  t.when(t.and(isSteady(f), ordinary), () => t.return(bits, accrued));

  code.block((slow) => {
    const leaveIf = (condition: Term): void => {
      condition.emit();
      code.brIf(slow);
    };
    t.when(t.op("ge_u", magnitude, constant(n.largestFinite)), () => {
      emitSpecial(f, result, bits, magnitude);
      code.br(slow);
    });
    const tiny = t.op("lt_u", magnitude, constant(lowestOrdinary(n)));
    if (underflows) {
      const both = float.flag.inexact | float.flag.underflow;
      const known = t.op("eq", t.op("and", accrued, t.i32(both)), t.i32(both));
      t.when(t.and(t.not(mode), known, tiny), () => t.return(bits, accrued));
    }
    if (result.sum) leaveIf(t.and(t.op("eqz", magnitude), isMode(float.rounding.down)));

    const error = t.let("error", result.error());
    t.when(t.op("eq", error, t.f64(0)), () => t.return(bits, accrued));
    if (underflows) leaveIf(tiny);
    leaveIf(t.not(t.op("lt", t.op("abs", error), t.f64(Number.POSITIVE_INFINITY))));
    const flags = t.let("flags", t.or(accrued, t.i32(float.flag.inexact)));
    const nearest = result.ties
      ? t.not(mode)
      : t.or(t.not(mode), isMode(float.rounding.nearestMaxMagnitude));
    t.when(nearest, () => t.return(bits, flags));
    leaveIf(t.op("gt_u", mode, t.i32(float.rounding.up)));

    const negative = t.let("negative", t.op("lt_s", bits, constant(0n)));
    const downwards = t.let(
      "downwards",
      t.select(isMode(float.rounding.towardZero), t.not(negative), isMode(float.rounding.down)),
    );
    const moves = t.op("eq", t.op("lt", error, t.f64(0)), downwards);
    const away = t.op("eq", downwards, negative);
    const step = t.select(away, constant(1n), constant(-1n));
    t.return(t.op("add", bits, t.select(moves, step, constant(0n))), flags);
  });
  returnSlow(f);
}
