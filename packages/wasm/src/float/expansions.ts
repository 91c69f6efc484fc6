/** The common cases of operations: what they compute where nothing but inexact can be raised. */
import { type FloatPolicy, float } from "@isovm/isa-spec";
import { double, type NativeFormat, single } from "./layout.ts";
import { defaultNan, isNan, isSignalling } from "./rounded.ts";
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
  readonly policy: FloatPolicy;
  /** The flags already raised. */
  readonly accrued: Term;
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

type FloatType = "f32" | "f64";

/** An operation that rounds; if it can underflow, `exactZero` says when a zero is exact. */
function rounded(site: Site, operator: Operator, exactZero?: (site: Site) => Term): Term {
  const { t, x, y } = site;
  return steadied(site, t.op(operator, x, y), exactZero);
}

function squareRoot(site: Site): Term {
  return steadied(site, site.t.op("sqrt", site.x));
}

/**
 * A result that is rounded to nearest-even while inexact is raised. What else it may raise has been
 * raised already, or it isn't common.
 */
function steadied(site: Site, result: Term, exactZero?: (site: Site) => Term): Term {
  const { t } = site;
  site.needNearest();
  site.needInexact();
  const type = result.type as FloatType;
  const value = t.variable(type, "value");
  value.set(result);
  const magnitude = t.let("magnitude", t.op("abs", value));
  const finite = t.op("lt", magnitude, t.float(type, Number.POSITIVE_INFINITY));
  const checkFinite = (): void => t.when(t.not(finite), () => special(site, value));
  if (!exactZero) {
    checkFinite();
    return value;
  }
  // What rounds to the smallest normal number may be tiny, whichever way tininess is detected.
  const smallestNormal = t.float(type, type === "f32" ? 2 ** -126 : 2 ** -1022);
  t.when(t.op("gt", magnitude, smallestNormal), checkFinite, () =>
    t.when(
      isNan(t, value),
      () => special(site, value),
      () => {
        const exact = t.and(t.op("eq", value, t.float(type, 0)), exactZero(site));
        site.need(t.or(exact, has(site, float.flag.underflow)));
      },
    ),
  );
  return value;
}

type Variable = ReturnType<TermBuilder["variable"]>;

/** Emits what an infinite result or a NaN needs. */
function special(site: Site, value: Variable): void {
  const { t, x, y } = site;
  const isInfinite = (z: Term): Term =>
    t.op("eq", t.op("abs", z), t.float(z.type as FloatType, Number.POSITIVE_INFINITY));
  t.when(
    isNan(t, value),
    () => becomeNan(site, value, t.or(isNan(t, x), isNan(t, y))),
    () => {
      const overflowed = has(site, float.flag.overflow | float.flag.divideByZero);
      site.need(t.or(isInfinite(x), isInfinite(y), overflowed));
    },
  );
}

/** Emits the NaN that comes of operands; it is invalid unless `quietly` and none is signalling. */
function becomeNan(site: Site, value: Variable, quietly: Term): void {
  const { t, policy } = site;
  if (policy.nan !== "canonical") return site.need(t.i32(0));
  site.need(t.or(has(site, float.flag.invalid), t.and(quietly, t.not(anySignalling(site)))));
  const format = value.type === "f32" ? single : double;
  value.set(t.reinterpret(defaultNan(t, format, policy)));
}

function anySignalling({ t, x, y }: Site): Term {
  return t.or(isSignalling(t, x), isSignalling(t, y));
}

/** Whether flags have been raised already. */
function has({ t, accrued }: Site, flags: number): Term {
  return t.op("eq", t.op("and", accrued, t.i32(flags)), t.i32(flags));
}

/** Emits code for when an operand is a NaN, or the operands are infinities of different signs. */
function whenUnordered({ t, x, y }: Site, then: () => void): void {
  t.when(isNan(t, t.let("sum", t.op("add", x, y))), then);
}

function quietComparison(site: Site, relation: Operator): Term {
  const { t, x, y } = site;
  whenUnordered(site, () => site.need(t.not(anySignalling(site))));
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
  const { t, x, y, policy } = site;
  const value = t.variable(x.type, "value");
  value.set(t.op(choice, x, y));
  whenUnordered(site, () =>
    t.when(t.or(isNan(t, x), isNan(t, y)), () => {
      if (policy.nan !== "canonical") return site.need(t.i32(0));
      site.need(t.or(has(site, float.flag.invalid), t.not(anySignalling(site))));
      const none = t.reinterpret(defaultNan(t, site.format, policy));
      value.set(t.select(isNan(t, x), t.select(isNan(t, y), none, y), x));
    }),
  );
  return value;
}

function widen(site: Site): Term {
  const { t, x } = site;
  const value = t.variable("f64", "value");
  value.set(t.wide(x));
  t.when(isNan(t, x), () => becomeNan(site, value, t.i32(1)));
  return value;
}

function narrow(site: Site): Term {
  return steadied(site, site.t.apply("f32.demote_f64", site.x), zero);
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
  const { t, steady, policy } = site;
  site.needNearest();
  const wide = t.let("wide", t.wide(site.x));
  const rounding = roundings[mode] ?? "nearest";
  const integral = t.let("integral", t.op(rounding, wide));
  const type = width === 32 ? "i32" : "i64";
  const highest = t.integer(type, (1n << BigInt(signed ? width - 1 : width)) - 1n);
  const value = t.variable(type, "value");
  // Saturating truncation gives 0 for NaN.
  value.set(t.apply(`${type}.trunc_sat_f64_${signed ? "s" : "u"}`, integral));
  const inRange = t.and(
    t.op("ge", integral, t.f64(signed ? -(2 ** (width - 1)) : 0)),
    t.op("lt", integral, t.f64(2 ** (signed ? width - 1 : width))),
  );
  t.when(
    inRange,
    () => {
      if (!steady) site.raise(t.op("ne", integral, wide));
    },
    () => {
      site.raise(t.i32(float.flag.invalid));
      if (policy.invalidInteger === "saturate") {
        value.set(t.select(isNan(t, wide), highest, value));
      } else if (policy.invalidInteger === "indefinite") {
        value.set(signed ? t.integer(type, 1n << BigInt(width - 1)) : highest);
      }
    },
  );
  return value;
}
