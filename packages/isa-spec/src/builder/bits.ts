/** Typed bit vectors: the values that a row's semantics are written with. */
import { SpecificationError, WidthError } from "../errors.ts";
import type {
  BinaryOperator,
  ComparisonOperator,
  Expression,
  Freedom,
  UnaryOperator,
} from "../ir/expression.ts";

/** A right-hand operand: a value of the same width, or a literal that fits it. */
export type Operand2<W extends number> = Bits<W> | number | bigint;

/**
 * A value of `W` bits, without a sign of its own: operators say how they read it.
 *
 * Mixing widths is a compile-time error; widths change only through {@link Bits.signExtend},
 * {@link Bits.zeroExtend}, {@link Bits.truncate}, {@link Bits.extract} and {@link concat}.
 * Operators are total and have the meaning of SMT-LIB's bit-vector theory.
 *
 * @see https://smt-lib.org/logics-all.shtml#QF_BV
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { bits } from "@isovm/isa-spec";
 *
 * const sum = bits(8, 200).add(bits(8, 100));
 * assert.equal(sum.width, 8);
 * // @ts-expect-error: 8 and 16 bits don't mix
 * assert.throws(() => bits(8, 1).add(bits(16, 1)));
 * ```
 */
export class Bits<W extends number = number> {
  /** Width in bits. */
  readonly width: W;
  /** The IR of this value. */
  readonly expression: Expression;

  constructor(width: W, expression: Expression) {
    this.width = width;
    this.expression = expression;
  }

  /** Sum, modulo 2^W. */
  add(other: Operand2<W>): Bits<W> {
    return this.binary("add", other);
  }
  /** Difference, modulo 2^W. */
  sub(other: Operand2<W>): Bits<W> {
    return this.binary("sub", other);
  }
  /** Low half of the product. */
  mul(other: Operand2<W>): Bits<W> {
    return this.binary("mul", other);
  }
  /** High half of the product of two unsigned values. */
  mulHighUnsigned(other: Operand2<W>): Bits<W> {
    return this.binary("mulHighUnsigned", other);
  }
  /** High half of the product of two signed values. */
  mulHighSigned(other: Operand2<W>): Bits<W> {
    return this.binary("mulHighSigned", other);
  }
  /** High half of the product of this as signed and `other` as unsigned. */
  mulHighSignedUnsigned(other: Operand2<W>): Bits<W> {
    return this.binary("mulHighSignedUnsigned", other);
  }
  /** Unsigned quotient; all ones for a zero divisor. */
  divUnsigned(other: Operand2<W>): Bits<W> {
    return this.binary("divUnsigned", other);
  }
  /** Signed quotient, truncated; for a zero divisor 1 for negative values, else -1; wraps. */
  divSigned(other: Operand2<W>): Bits<W> {
    return this.binary("divSigned", other);
  }
  /** Unsigned remainder; the dividend for a zero divisor. */
  remUnsigned(other: Operand2<W>): Bits<W> {
    return this.binary("remUnsigned", other);
  }
  /** Signed remainder with the dividend's sign; the dividend for a zero divisor. */
  remSigned(other: Operand2<W>): Bits<W> {
    return this.binary("remSigned", other);
  }
  /** Bitwise and. */
  and(other: Operand2<W>): Bits<W> {
    return this.binary("and", other);
  }
  /** Bitwise or. */
  or(other: Operand2<W>): Bits<W> {
    return this.binary("or", other);
  }
  /** Bitwise exclusive or. */
  xor(other: Operand2<W>): Bits<W> {
    return this.binary("xor", other);
  }
  /** Bitwise complement. */
  not(): Bits<W> {
    return this.unary("not");
  }
  /** Two's complement. */
  negate(): Bits<W> {
    return bits(this.width, 0).sub(this);
  }
  /** Shift towards the high end; zero for amounts of W or more. The amount is unsigned. */
  shiftLeft(amount: Bits | number): Bits<W> {
    return this.shift("shiftLeft", amount);
  }
  /** Shift towards the low end filling with zeros; zero for amounts of W or more. */
  shiftRightLogical(amount: Bits | number): Bits<W> {
    return this.shift("shiftRightLogical", amount);
  }
  /** Shift towards the low end filling with the sign; all sign for amounts of W or more. */
  shiftRightArithmetic(amount: Bits | number): Bits<W> {
    return this.shift("shiftRightArithmetic", amount);
  }
  /** Rotation towards the high end, by the amount modulo W. */
  rotateLeft(amount: Bits | number): Bits<W> {
    return this.shift("rotateLeft", amount);
  }
  /** Rotation towards the low end, by the amount modulo W. */
  rotateRight(amount: Bits | number): Bits<W> {
    return this.shift("rotateRight", amount);
  }
  /** Number of zero bits above the highest one; W for zero. */
  countLeadingZeros(): Bits<W> {
    return this.unary("countLeadingZeros");
  }
  /** Number of zero bits below the lowest one; W for zero. */
  countTrailingZeros(): Bits<W> {
    return this.unary("countTrailingZeros");
  }
  /** Number of one bits. */
  populationCount(): Bits<W> {
    return this.unary("populationCount");
  }

  /** 1 where both are equal. */
  equal(other: Operand2<W>): Bits<1> {
    return this.compare("equal", other);
  }
  /** 1 where they differ. */
  notEqual(other: Operand2<W>): Bits<1> {
    return this.compare("equal", other).not();
  }
  /** 1 where this is less, both unsigned. */
  lessUnsigned(other: Operand2<W>): Bits<1> {
    return this.compare("lessUnsigned", other);
  }
  /** 1 where this is less, both signed. */
  lessSigned(other: Operand2<W>): Bits<1> {
    return this.compare("lessSigned", other);
  }
  /** 1 where this is not greater, both unsigned. */
  lessEqualUnsigned(other: Operand2<W>): Bits<1> {
    return this.compare("lessEqualUnsigned", other);
  }
  /** 1 where this is not greater, both signed. */
  lessEqualSigned(other: Operand2<W>): Bits<1> {
    return this.compare("lessEqualSigned", other);
  }
  /** 1 where this is not less, both unsigned. */
  greaterEqualUnsigned(other: Operand2<W>): Bits<1> {
    return this.compare("lessUnsigned", other).not();
  }
  /** 1 where this is not less, both signed. */
  greaterEqualSigned(other: Operand2<W>): Bits<1> {
    return this.compare("lessSigned", other).not();
  }

  /** Bits `low` to `low + width - 1`. */
  extract<V extends number>(low: number, width: V): Bits<V> {
    if (low < 0 || width < 1 || low + width > this.width) {
      throw new WidthError(
        `bits ${low} to ${low + width - 1} are not all inside a value of ${this.width} bits`,
        { width },
      );
    }
    if (low === 0 && (width as number) === this.width) return new Bits(width, this.expression);
    return new Bits(width, { kind: "extract", width, low, operand: this.expression });
  }
  /** Bit `index`, counted from the low end. */
  bit(index: number): Bits<1> {
    return this.extract(index, 1);
  }
  /** The low `width` bits. */
  truncate<V extends number>(width: V): Bits<V> {
    return this.extract(0, width);
  }
  /** The same signed value in `width` bits. */
  signExtend<V extends number>(width: V): Bits<V> {
    return this.extend(width, true);
  }
  /** The same unsigned value in `width` bits. */
  zeroExtend<V extends number>(width: V): Bits<V> {
    return this.extend(width, false);
  }

  /** `then` where this bit is 1, else `otherwise`. */
  select<V extends number>(this: Bits<1>, then: Bits<V>, otherwise: Operand2<NoInfer<V>>): Bits<V> {
    const right = coerce(then.width, otherwise);
    return new Bits(then.width, {
      kind: "select",
      width: then.width,
      condition: this.expression,
      then: then.expression,
      else: right.expression,
    });
  }

  private binary(operator: BinaryOperator, other: Operand2<W>): Bits<W> {
    const right = coerce(this.width, other).expression;
    return new Bits(this.width, {
      kind: "binary",
      width: this.width,
      operator,
      left: this.expression,
      right,
    });
  }
  private unary(operator: UnaryOperator): Bits<W> {
    return new Bits(this.width, {
      kind: "unary",
      width: this.width,
      operator,
      operand: this.expression,
    });
  }
  private compare(operator: ComparisonOperator, other: Operand2<W>): Bits<1> {
    const right = coerce(this.width, other).expression;
    return new Bits(1, { kind: "compare", width: 1, operator, left: this.expression, right });
  }
  private shift(operator: BinaryOperator, amount: Bits | number): Bits<W> {
    const widened =
      typeof amount === "number" ? bits(this.width, amount) : amount.zeroExtend(this.width);
    return this.binary(operator, widened);
  }
  private extend<V extends number>(width: V, signed: boolean): Bits<V> {
    if (width < this.width) {
      throw new WidthError(`a value of ${this.width} bits can't be extended to ${width}`, {
        width,
      });
    }
    if ((width as number) === this.width) return new Bits(width, this.expression);
    return new Bits(width, { kind: "extend", width, signed, operand: this.expression });
  }
}

function coerce<W extends number>(width: W, value: Operand2<W>): Bits<W> {
  if (!(value instanceof Bits)) return bits(width, value);
  if (value.width !== width) {
    throw new WidthError(`a value of ${value.width} bits stands where ${width} are needed`, {
      width,
    });
  }
  return value;
}

/**
 * A constant of `width` bits. Negative values are taken in two's complement.
 *
 * @throws WidthError if the value does not fit.
 */
export function bits<W extends number>(width: W, value: number | bigint): Bits<W> {
  const given = BigInt(value);
  if (given >= 1n << BigInt(width) || given < -(1n << BigInt(width - 1))) {
    throw new WidthError(`${value} does not fit ${width} bits`, { width, value: given });
  }
  return new Bits(width, { kind: "constant", width, value: BigInt.asUintN(width, given) });
}

/** `parts` side by side, the first one highest; their widths must add up to `width`. */
export function concat<W extends number>(width: W, ...parts: readonly Bits[]): Bits<W> {
  const [first, ...rest] = parts;
  const sum = parts.reduce((total, part) => total + part.width, 0);
  if (!first || sum !== width) {
    throw new WidthError(`the parts have ${sum} bits, not ${width}`, { width });
  }
  let expression = first.expression;
  for (const part of rest) {
    const high = expression;
    expression = {
      kind: "concat",
      width: high.width + part.width,
      high,
      low: part.expression,
    };
  }
  return new Bits(width, expression);
}

/** A value that the manual leaves open; isovm's engines all take `choice`. */
export function free<W extends number>(freedom: Freedom, choice: Bits<W>): Bits<W> {
  return new Bits(choice.width, {
    kind: "free",
    width: choice.width,
    freedom,
    choice: choice.expression,
  });
}

/** A value of the given expression; for code that builds IR from IR. */
export function fromExpression<W extends number>(width: W, expression: Expression): Bits<W> {
  if (expression.width !== width) {
    throw new SpecificationError(`an expression of ${expression.width} bits is no Bits<${width}>`, {
      subject: expression.kind,
    });
  }
  return new Bits(width, expression);
}
