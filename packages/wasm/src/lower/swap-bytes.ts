/** The bytes of a value in the opposite order, for which WebAssembly has no instruction. */
import type { FunctionBuilder } from "../emit/index.ts";
import { typeOf } from "./representation.ts";

/** Reverses the bytes of the value of `width` bits (8 to 64, whole bytes) on the stack. */
export function swapBytes(code: FunctionBuilder, width: number): void {
  if (width === 8) return;
  const value = code.local(typeOf(width));
  code.localSet(value);
  switch (width) {
    case 16:
      code.localGet(value);
      code.i32Const(8);
      code.i32ShrU();
      code.localGet(value);
      code.i32Const(0xff);
      code.i32And();
      code.i32Const(8);
      code.i32Shl();
      return code.i32Or();
    case 32:
      code.localGet(value);
      code.i32Const(8);
      code.i32Rotl();
      code.i32Const(0x00ff_00ff);
      code.i32And();
      code.localGet(value);
      code.i32Const(8);
      code.i32Rotr();
      code.i32Const(0xff00_ff00 | 0);
      code.i32And();
      return code.i32Or();
    default:
      // Bytes in pairs, pairs in words, then the words.
      swapGroups(code, () => code.localGet(value), 8, 0x00ff_00ff_00ff_00ffn);
      code.localSet(value);
      swapGroups(code, () => code.localGet(value), 16, 0x0000_ffff_0000_ffffn);
      code.i64Const(32);
      return code.i64Rotl();
  }
}

function swapGroups(code: FunctionBuilder, push: () => void, bits: number, low: bigint): void {
  push();
  code.i64Const(bits);
  code.i64ShrU();
  code.i64Const(low);
  code.i64And();
  push();
  code.i64Const(low);
  code.i64And();
  code.i64Const(bits);
  code.i64Shl();
  code.i64Or();
}
