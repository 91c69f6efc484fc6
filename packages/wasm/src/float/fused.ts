/**
 * Fused multiply-add. The host has none, so its one rounding is emulated by error-free
 * transformations and a rounding to odd.
 *
 * @see Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using
 *   rounding to odd", IEEE Transactions on Computers 57(4), 2008.
 */
import { isProductSafe, threeOperands } from "./arithmetic.ts";
import { productError, roundToOdd, sumError } from "./error-free.ts";
import { double, single } from "./layout.ts";
import { emitRounded, type FloatFunction, isOrdinary, isSteady, returnSlow } from "./rounded.ts";
import type { Term, TermBuilder } from "./terms.ts";

/** x × y + z in binary32: the product is exact as a double, so the sum rounded to odd is all it takes. */
export function emitFusedSingle(f: FloatFunction): void {
  const { t } = f;
  const [x, y, z] = threeOperands(f);
  const product = t.let("product", t.op("mul", t.wide(x), t.wide(y)));
  const addend = t.let("addend", t.wide(z));
  const sum = t.let("sum", t.op("add", product, addend));
  // A double that isn't halfway between two singles rounds as the exact sum does, on the same side
  // of the same halfway points. Of an ordinary single's double, 29 bits are too many.
  t.when(isSteady(f), () => {
    const rounded = t.let("rounded", t.reinterpret(t.apply("f32.demote_f64", sum)));
    const magnitude = t.op("and", rounded, t.integer("i32", single.magnitudeMask));
    const excess = t.op("and", t.reinterpret(sum), t.integer("i64", (1n << 29n) - 1n));
    const between = t.op("ne", excess, t.integer("i64", 1n << 28n));
    const ordinary = isOrdinary(t, single, magnitude, true);
    t.when(t.and(between, ordinary), () => t.return(rounded, f.accrued));
  });
  const tail = t.let("tail", sumError(t, product, addend, sum));
  const odd = t.let("odd", roundToOdd(t, sum, tail));
  const value = t.let("value", t.apply("f32.demote_f64", odd));
  emitRounded(f, {
    format: single,
    value,
    error: () => t.op("sub", odd, t.wide(value)),
    underflows: true,
    ties: true,
    sum: true,
    specials: [x, y, z],
    invalidNan: false,
  });
}

/** Whether the magnitude of a double is below 2^exponent; false for NaN. */
function isBelow(t: TermBuilder, x: Term, exponent: number): Term {
  return t.op("lt", t.op("abs", x), t.f64(2 ** exponent));
}

/** x × y + z in binary64. */
export function emitFusedDouble(f: FloatFunction): void {
  const { t } = f;
  const { code } = t;
  const [x, y, z] = threeOperands(f);
  const product = t.let("product", t.op("mul", x, y));
  const value = t.variable("f64", "value");
  const error = t.variable("f64", "fusedError");
  const finish = (): void =>
    emitRounded(f, {
      format: double,
      value,
      error: () => error,
      // With the product at least 2^-900, whatever cancels is a multiple of 2^-1006: exact.
      underflows: false,
      ties: true,
      sum: true,
      specials: [x, y, z],
      invalidNan: false,
    });

  code.block((done) => {
    t.when(isProductSafe(t, product), () => {
      const productTail = t.let("productTail", productError(t, x, y, product));
      const low = t.let("low", t.op("add", z, productTail));
      const lowTail = t.let("lowTail", sumError(t, z, productTail, low));
      const high = t.let("highSum", t.op("add", product, low));
      const highTail = t.let("highTail", sumError(t, product, low, high));
      // A split that overflowed has made this a NaN.
      t.when(isBelow(t, high, 1020), () => {
        const tails = t.let("tails", t.op("add", lowTail, highTail));
        // Rounding the tails matters only if it makes the sum a tie. The tails are then a multiple
        // of a quarter of the high part's last place, and not thrice as large as that: at most
        // four bits, unless they are 0 and exact.
        const few = t.op("shl", t.reinterpret(tails), t.integer("i64", 16));
        const safe = t.or(t.op("ne", few, t.integer("i64", 0)), t.op("eq", tails, t.f64(0)));
        t.when(t.and(isSteady(f), safe), () =>
          t.return(t.reinterpret(t.op("add", high, tails)), f.accrued),
        );
        const odd = t.let("odd", roundToOdd(t, tails, sumError(t, lowTail, highTail, tails)));
        value.set(t.op("add", high, odd));
        error.set(sumError(t, high, odd, value));
        code.br(done);
      });
    });
    value.set(t.op("add", product, z));
    const zero = (term: Term): Term => t.op("eq", term, t.f64(0));
    t.when(t.or(zero(x), zero(y)), () => {
      error.set(t.f64(0));
      code.br(done);
    });
    // A product too small to reach the addend's tail only says on which side of it the value is.
    const dwarfed = t.and(isBelow(t, product, -900), t.op("ge", t.op("abs", z), t.f64(2 ** -800)));
    t.when(dwarfed, () => {
      const sign = t.op("xor", t.reinterpret(x), t.reinterpret(y));
      error.set(t.apply("f64.copysign", t.f64(1), t.reinterpret(t.let("signs", sign))));
      code.br(done);
    });
    error.set(t.f64(Number.NaN));
    const finite = t.op(
      "lt_u",
      t.op("and", t.reinterpret(value), t.integer("i64", double.magnitudeMask)),
      t.integer("i64", double.infinity),
    );
    t.when(finite, () => returnSlow(f));
  });
  finish();
}
