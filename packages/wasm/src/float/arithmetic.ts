/**
 * Addition, subtraction, multiplication, division and square root in their native formats.
 */
import { productError, sumError } from "./error-free.ts";
import { doublePower, type NativeFormat } from "./layout.ts";
import { emitRounded, type FloatFunction } from "./rounded.ts";
import type { Term, TermBuilder } from "./terms.ts";

function floatOperands(f: FloatFunction): Term[] {
  return f.operands.map((operand, index) => f.t.let("xyz".charAt(index), f.t.reinterpret(operand)));
}

function operand(operands: readonly Term[], index: number): Term {
  const term = operands[index];
  if (term === undefined) throw new RangeError(`there is no operand ${index}`);
  return term;
}

/** The two float operands of a function. */
export function twoOperands(f: FloatFunction): readonly [Term, Term] {
  const operands = floatOperands(f);
  return [operand(operands, 0), operand(operands, 1)];
}

/** The three float operands of a function. */
export function threeOperands(f: FloatFunction): readonly [Term, Term, Term] {
  const operands = floatOperands(f);
  return [operand(operands, 0), operand(operands, 1), operand(operands, 2)];
}

/** The only float operand of a function. */
export function oneOperand(f: FloatFunction): Term {
  return operand(floatOperands(f), 0);
}

/** x + y or x - y. */
export function emitSum(f: FloatFunction, format: NativeFormat, subtract: boolean): void {
  const { t } = f;
  const [x, second] = twoOperands(f);
  const y = subtract ? t.let("negated", t.op("neg", second)) : second;
  const value = t.let("value", t.op("add", x, y));
  emitRounded(f, {
    format,
    value,
    error: () => t.wide(sumError(t, x, y, value)),
    underflows: false,
    ties: true,
    sum: true,
    specials: [x, y],
    invalidNan: true,
  });
}

/**
 * Whether the magnitude of a double is in [2^-900, 2^1000): the tail of a product of that size
 * doesn't underflow. Where its factors are too large for Veltkamp's split, the error is a NaN.
 */
export function isProductSafe(t: TermBuilder, x: Term): Term {
  const magnitude = t.op("and", t.reinterpret(x), t.integer("i64", (1n << 63n) - 1n));
  const lowest = doublePower(-900);
  return t.op(
    "lt_u",
    t.op("sub", magnitude, t.integer("i64", lowest)),
    t.integer("i64", doublePower(1000) - lowest),
  );
}

/** A double: 0 where `exact` holds, else `error` where `safe` does, else NaN for "unknown". */
function errorWhere(t: TermBuilder, exact: Term, safe: Term, error: () => Term): Term {
  const result = t.variable("f64", "residual");
  t.when(
    exact,
    () => result.set(t.f64(0)),
    () =>
      t.when(
        safe,
        () => result.set(error()),
        () => result.set(t.f64(Number.NaN)),
      ),
  );
  return result;
}

function isZero(t: TermBuilder, x: Term): Term {
  return t.op("eq", x, t.float(x.type as "f32" | "f64", 0));
}

/** x × y. */
export function emitProduct(f: FloatFunction, format: NativeFormat): void {
  const { t } = f;
  const [x, y] = twoOperands(f);
  const value = t.let("value", t.op("mul", x, y));
  const error =
    format.width === 32
      ? // The product of two singles is exact as a double.
        () => t.op("sub", t.op("mul", t.wide(x), t.wide(y)), t.wide(value))
      : () =>
          errorWhere(t, t.or(isZero(t, x), isZero(t, y)), isProductSafe(t, value), () =>
            productError(t, x, y, value),
          );
  emitRounded(f, {
    format,
    value,
    error,
    underflows: true,
    ties: true,
    sum: false,
    specials: [x, y],
    invalidNan: true,
  });
}

/** dividend - quotient × divisor: exact if no tail of the product is lost, and of the right sign. */
function residual(t: TermBuilder, dividend: Term, quotient: Term, divisor: Term): Term {
  if (dividend.type === "f32") {
    return t.op("sub", t.wide(dividend), t.op("mul", t.wide(quotient), t.wide(divisor)));
  }
  const product = t.let("product", t.op("mul", quotient, divisor));
  const tail = productError(t, quotient, divisor, product);
  return t.op("sub", t.op("sub", dividend, product), tail);
}

/** x ÷ y. */
export function emitQuotient(f: FloatFunction, format: NativeFormat): void {
  const { t } = f;
  const [x, y] = twoOperands(f);
  const value = t.let("value", t.op("div", x, y));
  const infinite = t.op("eq", t.op("abs", y), t.float(format.float, Number.POSITIVE_INFINITY));
  const sign = (): Term => t.apply("f64.copysign", t.f64(1), t.wide(y));
  emitRounded(f, {
    format,
    value,
    error: () =>
      errorWhere(
        t,
        t.or(isZero(t, x), infinite),
        format.width === 32 ? t.i32(1) : isProductSafe(t, x),
        () => t.op("mul", residual(t, x, value, y), sign()),
      ),
    underflows: true,
    ties: false,
    sum: false,
    specials: [x, y],
    invalidNan: true,
  });
}

/** The square root of x. */
export function emitSquareRoot(f: FloatFunction, format: NativeFormat): void {
  const { t } = f;
  const x = oneOperand(f);
  const value = t.let("value", t.op("sqrt", x));
  emitRounded(f, {
    format,
    value,
    error: () =>
      errorWhere(t, isZero(t, x), format.width === 32 ? t.i32(1) : isProductSafe(t, x), () =>
        residual(t, x, value, value),
      ),
    underflows: false,
    ties: false,
    sum: false,
    specials: [x],
    invalidNan: true,
  });
}
