/** The load and store instructions of WebAssembly for an access of 8 to 64 bits. */
import type { MemoryAccess } from "@isovm/isa-spec";
import type { FunctionBuilder } from "../emit/index.ts";
import { swapBytes } from "./swap-bytes.ts";
import { unsupported } from "./unsupported.ts";

/** Replaces the byte offset on the stack, less `offset`, by the value that stands there. */
export function loadInstruction(
  code: FunctionBuilder,
  { width, endian }: Pick<MemoryAccess, "width" | "endian">,
  offset = 0,
): void {
  loadLittleEndian(code, width, offset);
  if (endian === "big") swapBytes(code, width);
}

function loadLittleEndian(code: FunctionBuilder, width: number, offset: number): void {
  // Guest addresses promise no alignment, hence the hint of one byte.
  switch (width) {
    case 8:
      return code.i32Load8U(offset);
    case 16:
      return code.i32Load16U(offset, 1);
    case 32:
      return code.i32Load(offset, 1);
    case 64:
      return code.i64Load(offset, 1);
    default:
      throw unsupported(`a load of ${width} bits`);
  }
}

/** Stores the value on the stack at the byte offset below it, plus `offset`. */
export function storeInstruction(
  code: FunctionBuilder,
  { width, endian }: Pick<MemoryAccess, "width" | "endian">,
  offset = 0,
): void {
  if (endian === "big") swapBytes(code, width);
  switch (width) {
    case 8:
      return code.i32Store8(offset);
    case 16:
      return code.i32Store16(offset, 1);
    case 32:
      return code.i32Store(offset, 1);
    case 64:
      return code.i64Store(offset, 1);
    default:
      throw unsupported(`a store of ${width} bits`);
  }
}
