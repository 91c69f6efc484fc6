/**
 * Floating-point formats as data, and the bit patterns every format has.
 *
 * @see IEEE Std 754-2019, 3.4 and 3.6 (binary interchange formats); Intel SDM volume 1, 4.2.2 (double extended).
 */

/** A binary floating-point format: sign, biased exponent and trailing significand, most significant first. */
export interface FloatFormat {
  /** Bits of the whole pattern. */
  readonly width: number;
  /** Bits of the biased exponent. */
  readonly exponentBits: number;
  /** Bits of the significand that follow the binary point. */
  readonly fractionBits: number;
  /** Whether the significand's leading bit is part of the pattern (x87) or follows from the exponent (IEEE 754). */
  readonly integerBit: "implicit" | "explicit";
}

function interchange(width: number, exponentBits: number): FloatFormat {
  return { width, exponentBits, fractionBits: width - exponentBits - 1, integerBit: "implicit" };
}

/** IEEE 754 binary16, half precision. */
export const binary16: FloatFormat = interchange(16, 5);
/** IEEE 754 binary32, single precision. */
export const binary32: FloatFormat = interchange(32, 8);
/** IEEE 754 binary64, double precision. */
export const binary64: FloatFormat = interchange(64, 11);
/** IEEE 754 binary128, quadruple precision. */
export const binary128: FloatFormat = interchange(128, 15);
/** The x87 double extended format: 80 bits, with the integer bit written out. */
export const extended80: FloatFormat = {
  width: 80,
  exponentBits: 15,
  fractionBits: 63,
  integerBit: "explicit",
};

const formats: readonly FloatFormat[] = [binary16, binary32, binary64, binary128, extended80];

/**
 * The format whose patterns are `width` bits wide: 16, 32, 64, 128, or 80 for x87's.
 *
 * @throws RangeError for any other width.
 */
export function formatOf(width: number): FloatFormat {
  const format = formats.find((candidate) => candidate.width === width);
  if (format === undefined) throw new RangeError(`no floating-point format is ${width} bits wide`);
  return format;
}

/** The bits of the significand, the leading one included: 24 for binary32, 53 for binary64. */
export function precisionOf(format: FloatFormat): number {
  return format.fractionBits + 1;
}

/** The exponent bias, which is also the largest exponent of a finite number: 1023 for binary64. */
export function biasOf(format: FloatFormat): number {
  return 2 ** (format.exponentBits - 1) - 1;
}

/** The biased exponent of infinities and NaNs, all ones: 2047 for binary64. */
export function specialExponent(format: FloatFormat): number {
  return 2 ** format.exponentBits - 1;
}

/**
 * The pattern made of a sign, a biased exponent and a significand that includes its integer bit.
 *
 * An implicit integer bit is dropped, so zero and subnormals are written with biased exponent 0.
 */
export function pack(
  format: FloatFormat,
  negative: boolean,
  biasedExponent: number,
  significand: bigint,
): bigint {
  const significandBits = format.fractionBits + (format.integerBit === "explicit" ? 1 : 0);
  const sign = negative ? 1n : 0n;
  const top = (sign << BigInt(format.exponentBits)) | BigInt(biasedExponent);
  return (top << BigInt(significandBits)) | BigInt.asUintN(significandBits, significand);
}

/** The pattern of a zero. */
export function zero(format: FloatFormat, negative: boolean): bigint {
  return pack(format, negative, 0, 0n);
}

/** The pattern of an infinity. */
export function infinity(format: FloatFormat, negative: boolean): bigint {
  return pack(format, negative, specialExponent(format), 1n << BigInt(format.fractionBits));
}

/** The pattern of the finite number of the largest magnitude. */
export function largestFinite(format: FloatFormat, negative: boolean): bigint {
  const significand = (1n << BigInt(precisionOf(format))) - 1n;
  return pack(format, negative, specialExponent(format) - 1, significand);
}

/** The quiet NaN with no payload; RISC-V's canonical NaN is the one that isn't negative. */
export function quietNan(format: FloatFormat, negative: boolean): bigint {
  return pack(format, negative, specialExponent(format), 3n << BigInt(format.fractionBits - 1));
}
