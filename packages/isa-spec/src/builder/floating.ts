/** Floating-point operations, as rows write them. */
import type { FloatPolicy } from "../float/policy.ts";
import type { FloatOperation, FloatOperator } from "../ir/expression.ts";
import { type Bits, bits, fromExpression } from "./bits.ts";

/** A result with the exception flags: those accrued before and those raised by the operation. */
export interface Rounded<W extends number> {
  readonly value: Bits<W>;
  /** From the highest bit: invalid, divide by zero, overflow, underflow, inexact. */
  readonly flags: Bits<5>;
}

/** The environment of an operation: rounding mode and the flags that are already raised. */
export interface FloatEnvironment {
  /** 0 nearest-even, 1 toward zero, 2 down, 3 up, 4 nearest-max-magnitude. */
  readonly mode: Bits<3>;
  /** Sticky flags before; knowing them spares engines the exactness of `inexact`. */
  readonly accrued: Bits<5>;
}

/** Widths of the IEEE 754 interchange formats, in bits. */
export type FloatWidth = 16 | 32 | 64 | 128;

/**
 * Floating-point arithmetic of one ISA: its policy is given once, and operands and results are the
 * bit patterns of IEEE 754's interchange formats.
 *
 * @see IEEE 754-2019
 */
export class FloatingPoint {
  readonly policy: FloatPolicy;

  constructor(policy: FloatPolicy) {
    this.policy = policy;
  }

  /** a + b, rounded. */
  add<W extends FloatWidth>(a: Bits<W>, b: Bits<NoInfer<W>>, e: FloatEnvironment): Rounded<W> {
    return this.operate("add", a.width, a.width, [a, b], e);
  }
  /** a - b, rounded. */
  subtract<W extends FloatWidth>(a: Bits<W>, b: Bits<NoInfer<W>>, e: FloatEnvironment): Rounded<W> {
    return this.operate("subtract", a.width, a.width, [a, b], e);
  }
  /** a * b, rounded. */
  multiply<W extends FloatWidth>(a: Bits<W>, b: Bits<NoInfer<W>>, e: FloatEnvironment): Rounded<W> {
    return this.operate("multiply", a.width, a.width, [a, b], e);
  }
  /** a / b, rounded. */
  divide<W extends FloatWidth>(a: Bits<W>, b: Bits<NoInfer<W>>, e: FloatEnvironment): Rounded<W> {
    return this.operate("divide", a.width, a.width, [a, b], e);
  }
  /** The square root, rounded. */
  squareRoot<W extends FloatWidth>(a: Bits<W>, e: FloatEnvironment): Rounded<W> {
    return this.operate("squareRoot", a.width, a.width, [a], e);
  }
  /** a * b + c, rounded once. */
  fusedMultiplyAdd<W extends FloatWidth>(
    a: Bits<W>,
    b: Bits<NoInfer<W>>,
    c: Bits<NoInfer<W>>,
    e: FloatEnvironment,
  ): Rounded<W> {
    return this.operate("fusedMultiplyAdd", a.width, a.width, [a, b, c], e);
  }
  /** IEEE 754-2019 minimumNumber. */
  minimumNumber<W extends FloatWidth>(
    a: Bits<W>,
    b: Bits<NoInfer<W>>,
    accrued: Bits<5>,
  ): Rounded<W> {
    return this.operate("minimumNumber", a.width, a.width, [a, b], exact(accrued));
  }
  /** IEEE 754-2019 maximumNumber. */
  maximumNumber<W extends FloatWidth>(
    a: Bits<W>,
    b: Bits<NoInfer<W>>,
    accrued: Bits<5>,
  ): Rounded<W> {
    return this.operate("maximumNumber", a.width, a.width, [a, b], exact(accrued));
  }
  /** Quiet comparison: only a signalling NaN is invalid. */
  compareEqual<W extends FloatWidth>(
    a: Bits<W>,
    b: Bits<NoInfer<W>>,
    accrued: Bits<5>,
  ): Rounded<1> {
    return this.operate("compareEqual", a.width, 1, [a, b], exact(accrued));
  }
  /** Signalling comparison: any NaN is invalid. */
  compareLess<W extends FloatWidth>(a: Bits<W>, b: Bits<NoInfer<W>>, accrued: Bits<5>): Rounded<1> {
    return this.operate("compareLess", a.width, 1, [a, b], exact(accrued));
  }
  /** Signalling comparison: any NaN is invalid. */
  compareLessEqual<W extends FloatWidth>(
    a: Bits<W>,
    b: Bits<NoInfer<W>>,
    accrued: Bits<5>,
  ): Rounded<1> {
    return this.operate("compareLessEqual", a.width, 1, [a, b], exact(accrued));
  }
  /**
   * One bit of ten set, from bit 0: -inf, negative normal, negative subnormal, -0, +0, positive
   * subnormal, positive normal, +inf, signalling NaN, quiet NaN.
   */
  classify<W extends FloatWidth>(a: Bits<W>): Bits<10> {
    return this.operate("classify", a.width, 10, [a], exact(bits(5, 0))).value;
  }
  /** The value of `a` in the format of `width` bits. */
  convertFormat<V extends FloatWidth>(
    width: V,
    a: Bits<FloatWidth>,
    e: FloatEnvironment,
  ): Rounded<V> {
    return this.operate("convertFormat", a.width, width, [a], e);
  }
  /** The integer nearest to `a`, saturated and flagged invalid (not inexact) where none fits. */
  toSigned<V extends number>(width: V, a: Bits<FloatWidth>, e: FloatEnvironment): Rounded<V> {
    return this.operate("toSigned", a.width, width, [a], e);
  }
  /** As {@link toSigned}, for an unsigned integer. */
  toUnsigned<V extends number>(width: V, a: Bits<FloatWidth>, e: FloatEnvironment): Rounded<V> {
    return this.operate("toUnsigned", a.width, width, [a], e);
  }
  /** The float of `width` bits nearest to a signed integer. */
  fromSigned<V extends FloatWidth>(width: V, a: Bits, e: FloatEnvironment): Rounded<V> {
    return this.operate("fromSigned", width, width, [a], e);
  }
  /** The float of `width` bits nearest to an unsigned integer. */
  fromUnsigned<V extends FloatWidth>(width: V, a: Bits, e: FloatEnvironment): Rounded<V> {
    return this.operate("fromUnsigned", width, width, [a], e);
  }

  private operate<V extends number>(
    operator: FloatOperator,
    format: number,
    resultWidth: V,
    operands: readonly Bits[],
    { mode, accrued }: FloatEnvironment,
  ): Rounded<V> {
    const operation: FloatOperation = {
      operator,
      format,
      resultWidth,
      operands: operands.map((operand) => operand.expression),
      roundingMode: mode.expression,
      accrued: accrued.expression,
      policy: this.policy,
    };
    return {
      value: fromExpression(resultWidth, {
        kind: "float",
        width: resultWidth,
        result: "value",
        operation,
      }),
      flags: fromExpression(5, { kind: "float", width: 5, result: "flags", operation }),
    };
  }
}

/** The environment of an operation that never rounds. */
function exact(accrued: Bits<5>): FloatEnvironment {
  return { mode: bits(3, 0), accrued };
}
