/**
 * How a value of W bits stands in WebAssembly: in an i32 up to 32 bits, in an i64 up to 64, with
 * the bits above W zero.
 */
import { UnsupportedError } from "@isovm/isa-spec";
import type { FunctionBuilder } from "../emit/index.ts";

/** The WebAssembly type that holds `width` bits. */
export function typeOf(width: number): "i32" | "i64" {
  if (width <= 32) return "i32";
  if (width <= 64) return "i64";
  throw new UnsupportedError(`values of ${width} bits are not lowered to WebAssembly yet`, {
    feature: `${width}-bit values`,
  });
}

/** True if values of the width fill their WebAssembly type. */
export function isFull(width: number): boolean {
  return width === 32 || width === 64;
}

/** Pushes a constant. */
export function pushConstant(code: FunctionBuilder, width: number, value: bigint): void {
  if (typeOf(width) === "i32") code.i32Const(Number(value) | 0);
  else code.i64Const(BigInt.asIntN(64, value));
}

/** Clears the bits above `width` of the value on the stack. */
export function clearUpper(code: FunctionBuilder, width: number): void {
  if (isFull(width)) return;
  pushConstant(code, width, (1n << BigInt(width)) - 1n);
  if (typeOf(width) === "i32") code.i32And();
  else code.i64And();
}

/** Copies the sign bit of a value of `width` bits on the stack through its whole type. */
export function spreadSign(code: FunctionBuilder, width: number): void {
  if (isFull(width)) return;
  const type = typeOf(width);
  if (type === "i32") {
    if (width === 8) return code.i32Extend8S();
    if (width === 16) return code.i32Extend16S();
    code.i32Const(32 - width);
    code.i32Shl();
    code.i32Const(32 - width);
    code.i32ShrS();
    return;
  }
  code.i64Const(64 - width);
  code.i64Shl();
  code.i64Const(64 - width);
  code.i64ShrS();
}

/** Converts an unsigned value on the stack between the types of two widths. */
export function resize(code: FunctionBuilder, from: number, to: number): void {
  const source = typeOf(from);
  const target = typeOf(to);
  if (source === "i32" && target === "i64") code.i64ExtendI32U();
  if (source === "i64" && target === "i32") code.i32WrapI64();
}
