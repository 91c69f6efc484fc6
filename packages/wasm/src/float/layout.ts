/**
 * The formats that WebAssembly computes natively, and the patterns that delimit their ranges.
 */
import { float } from "@isovm/isa-spec";

/** A native format: its WebAssembly types, and magnitudes as patterns without the sign. */
export interface NativeFormat {
  readonly width: 32 | 64;
  readonly integer: "i32" | "i64";
  readonly float: "f32" | "f64";
  /** Everything but the sign bit. */
  readonly magnitudeMask: bigint;
  readonly signBit: bigint;
  readonly infinity: bigint;
  readonly largestFinite: bigint;
  readonly smallestNormal: bigint;
  /** The lowest quiet NaN; magnitudes between infinity and it are signalling NaNs. */
  readonly quietNan: bigint;
}

function native(format: float.FloatFormat, width: 32 | 64): NativeFormat {
  return {
    width,
    integer: width === 32 ? "i32" : "i64",
    float: width === 32 ? "f32" : "f64",
    magnitudeMask: (1n << BigInt(width - 1)) - 1n,
    signBit: 1n << BigInt(width - 1),
    infinity: float.infinity(format, false),
    largestFinite: float.largestFinite(format, false),
    smallestNormal: 1n << BigInt(format.fractionBits),
    quietNan: float.quietNan(format, false),
  };
}

export const single: NativeFormat = native(float.binary32, 32);
export const double: NativeFormat = native(float.binary64, 64);

/** The native format of a width, or `undefined`. */
export function nativeFormat(width: number): NativeFormat | undefined {
  return width === 32 ? single : width === 64 ? double : undefined;
}

/** The pattern of 2^exponent as a double; the exponent must be a normal one. */
export function doublePower(exponent: number): bigint {
  return BigInt(exponent + 1023) << 52n;
}
