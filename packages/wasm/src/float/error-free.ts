/**
 * Error-free transformations: the rounding error of an operation as a floating-point number.
 *
 * All are exact for round-to-nearest as long as nothing overflows and no tail underflows; where
 * something overflows they give a NaN or an infinity, never a plausible number.
 *
 * @see Muller et al., Handbook of Floating-Point Arithmetic, 2nd edition, 4.3 (2Sum, Fast2Sum), 4.4 (Dekker's product);
 *   Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008 (rounding to odd).
 */
import type { Term, TermBuilder } from "./terms.ts";

/** x + y - sum, where sum is x + y rounded (Knuth's 2Sum). */
export function sumError(t: TermBuilder, x: Term, y: Term, sum: Term): Term {
  const virtual = t.let("virtual", t.op("sub", sum, x));
  return t.op("add", t.op("sub", x, t.op("sub", sum, virtual)), t.op("sub", y, virtual));
}

/** A double split into two halves of at most 26 bits (Veltkamp). */
function split(t: TermBuilder, x: Term): { readonly high: Term; readonly low: Term } {
  const scaled = t.let("scaled", t.op("mul", x, t.f64(2 ** 27 + 1)));
  const high = t.let("high", t.op("sub", scaled, t.op("sub", scaled, x)));
  const low = t.let("low", t.op("sub", x, high));
  return { high, low };
}

/** x × y - product, where product is x × y rounded, all doubles (Dekker). */
export function productError(t: TermBuilder, x: Term, y: Term, product: Term): Term {
  const a = split(t, x);
  const b = split(t, y);
  const mul = (p: Term, q: Term): Term => t.op("mul", p, q);
  const highest = t.op("sub", mul(a.high, b.high), product);
  const middle = t.op("add", t.op("add", highest, mul(a.high, b.low)), mul(a.low, b.high));
  return t.op("add", middle, mul(a.low, b.low));
}

/**
 * sum + error rounded to odd, where sum is a double rounded to nearest and error the rest: cut off
 * towards zero, with the last bit made sticky. Rounding it again to fewer bits gives what rounding
 * the exact value once would.
 */
export function roundToOdd(t: TermBuilder, sum: Term, error: Term): Term {
  const bits = t.let("sumBits", t.reinterpret(sum));
  // False for a NaN, which a non-finite sum has as its error, so that infinities stay what they are.
  const inexact = t.let("sticky", t.extended("i64", t.op("gt", t.op("abs", error), t.f64(0))));
  const signsDiffer = t.op("shr_u", t.op("xor", bits, t.reinterpret(error)), t.integer("i64", 63));
  const truncated = t.op("sub", bits, t.op("and", signsDiffer, inexact));
  return t.reinterpret(t.op("or", truncated, inexact));
}
