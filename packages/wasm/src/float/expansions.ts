/** The common cases of operations: what they compute where nothing but inexact can be raised. */
import { float } from "@isovm/isa-spec";
import type { NativeFormat } from "./layout.ts";
import { isNan, isSignalling } from "./rounded.ts";
import type { Operator, Term, TermBuilder } from "./terms.ts";

/** Where an operation is expanded. */
export interface Site {
  readonly t: TermBuilder;
  readonly format: NativeFormat;
  /** The first operand as a float, or the integer that is converted. */
  readonly x: Term;
  /** The second operand; the first one where there is no other. */
  readonly y: Term;
  /** Whether inexact is known to be raised already. */
  readonly steady: boolean;
  /** The case isn't common unless the condition, 0 or 1, holds. */
  readonly need: (condition: Term) => void;
  /** The case isn't common unless the mode is nearest-even; for modes that aren't constant. */
  readonly needNearest: () => void;
  /** The case isn't common unless inexact has been raised already. */
  readonly needInexact: () => void;
  /** Raises flags. */
  readonly raise: (flags: Term) => void;
}

/** Emits what is needed, and returns the value: a float, or an integer where that is the result. */
export type Expander = (site: Site) => Term;

/**
 * The expansion of an operation, if it has one. `mode` is the rounding mode if it is known;
 * otherwise the expansion asks for nearest-even.
 */
export function expansionOf(
  operator: float.FloatOperatorName,
  format: NativeFormat,
  otherWidth: number,
  mode: number | undefined,
): Expander | undefined {
  const nearest = mode === undefined || mode === float.rounding.nearestEven;
  const integer = otherWidth === 32 || otherWidth === 64 ? otherWidth : undefined;
  switch (operator) {
    case "add":
      return nearest ? (site) => rounded(site, "add") : undefined;
    case "subtract":
      return nearest ? (site) => rounded(site, "sub") : undefined;
    case "multiply":
      return nearest ? (site) => rounded(site, "mul", either) : undefined;
    case "divide":
      return nearest ? (site) => rounded(site, "div", zero) : undefined;
    case "squareRoot":
      return nearest ? squareRoot : undefined;
    case "compareEqual":
      return (site) => quietComparison(site, "eq");
    case "compareLessQuiet":
      return (site) => quietComparison(site, "lt");
    case "compareLessEqualQuiet":
      return (site) => quietComparison(site, "le");
    case "compareLess":
      return (site) => comparison(site, "lt");
    case "compareLessEqual":
      return (site) => comparison(site, "le");
    case "minimumNumber":
      return (site) => selection(site, "min");
    case "maximumNumber":
      return (site) => selection(site, "max");
    case "convertFormat":
      if (format.width === 32) return otherWidth === 64 ? widen : undefined;
      return otherWidth === 32 && nearest ? narrow : undefined;
    case "fromSigned":
    case "fromUnsigned":
      if (integer === undefined) return undefined;
      if (!nearest && (integer === 64 || format.width === 32)) return undefined;
      return (site) => fromInteger(site, integer, operator === "fromSigned");
    case "toSigned":
    case "toUnsigned":
      if (integer === undefined || mode === float.rounding.nearestMaxMagnitude) return undefined;
      return (site) => toInteger(site, integer, operator === "toSigned", mode ?? 0);
    default:
      return undefined;
  }
}

function zero({ t, x }: Site): Term {
  return t.op("eq", x, t.float(x.type as "f32" | "f64", 0));
}

function either(site: Site): Term {
  return site.t.or(zero(site), zero({ ...site, x: site.y }));
}

/** An operation that rounds; if it can underflow, `exactZero` says when a zero is exact. */
function rounded(site: Site, operator: Operator, exactZero?: (site: Site) => Term): Term {
  const { t, x, y } = site;
  site.needNearest();
  site.needInexact();
  const value = t.let("value", t.op(operator, x, y));
  if (exactZero) needOrdinary(site, value, exactZero);
  else site.need(isFiniteNumber(t, value));
  return value;
}

function squareRoot(site: Site): Term {
  const { t, x } = site;
  site.needNearest();
  site.needInexact();
  const value = t.let("value", t.op("sqrt", x));
  site.need(isFiniteNumber(t, value));
  return value;
}

function isFiniteNumber(t: TermBuilder, x: Term): Term {
  const type = x.type as "f32" | "f64";
  return t.op("lt", t.op("abs", x), t.float(type, Number.POSITIVE_INFINITY));
}

/**
 * Needs that a result neither overflowed nor underflowed. What rounds to the smallest normal number
 * may be tiny, whichever way tininess is detected.
 */
function needOrdinary(site: Site, value: Term, exactZero: (site: Site) => Term): void {
  const { t } = site;
  const type = value.type as "f32" | "f64";
  const magnitude = t.let("magnitude", t.op("abs", value));
  const smallestNormal = type === "f32" ? 2 ** -126 : 2 ** -1022;
  t.when(
    t.op("gt", magnitude, t.float(type, smallestNormal)),
    () => site.need(t.op("lt", magnitude, t.float(type, Number.POSITIVE_INFINITY))),
    () => site.need(t.and(t.op("eq", value, t.float(type, 0)), exactZero(site))),
  );
}

/** Emits code for when an operand is a NaN, or the operands are infinities of different signs. */
function whenUnordered({ t, x, y }: Site, then: () => void): void {
  t.when(isNan(t, t.let("sum", t.op("add", x, y))), then);
}

function quietComparison(site: Site, relation: Operator): Term {
  const { t, x, y } = site;
  whenUnordered(site, () => site.need(t.not(t.or(isSignalling(t, x), isSignalling(t, y)))));
  return t.op(relation, x, y);
}

function comparison(site: Site, relation: Operator): Term {
  const { t, x, y } = site;
  whenUnordered(site, () => {
    const invalid = t.or(isNan(t, x), isNan(t, y));
    site.raise(t.op("shl", invalid, t.i32(Math.log2(float.flag.invalid))));
  });
  return t.op(relation, x, y);
}

function selection(site: Site, choice: Operator): Term {
  const { t, x, y } = site;
  whenUnordered(site, () => site.need(t.not(t.or(isNan(t, x), isNan(t, y)))));
  return t.op(choice, x, y);
}

function widen(site: Site): Term {
  const { t, x } = site;
  site.need(t.op("eq", x, x));
  return t.wide(x);
}

function narrow(site: Site): Term {
  const { t, x } = site;
  site.needNearest();
  site.needInexact();
  const value = t.let("value", t.apply("f32.demote_f64", x));
  needOrdinary(site, value, zero);
  return value;
}

function fromInteger(site: Site, width: 32 | 64, signed: boolean): Term {
  const { t, x, format } = site;
  const sign = signed ? "s" : "u";
  if (width === 32 && format.width === 64) return t.apply(`f64.convert_i32_${sign}`, x);
  site.needNearest();
  site.needInexact();
  return t.apply(`${format.float}.convert_i${width}_${sign}`, x);
}

const roundings: Readonly<Record<number, Operator>> = {
  [float.rounding.nearestEven]: "nearest",
  [float.rounding.towardZero]: "trunc",
  [float.rounding.down]: "floor",
  [float.rounding.up]: "ceil",
};

function toInteger(site: Site, width: 32 | 64, signed: boolean, mode: number): Term {
  const { t, steady } = site;
  site.needNearest();
  const wide = t.let("wide", t.wide(site.x));
  const rounding = roundings[mode] ?? "nearest";
  const integral = t.let("integral", t.op(rounding, wide));
  site.need(t.op("ge", integral, t.f64(signed ? -(2 ** (width - 1)) : 0)));
  site.need(t.op("lt", integral, t.f64(2 ** (signed ? width - 1 : width))));
  if (!steady) site.raise(t.op("ne", integral, wide));
  return t.apply(`i${width}.trunc_sat_f64_${signed ? "s" : "u"}`, integral);
}
