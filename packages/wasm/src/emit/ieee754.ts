/**
 * Floating-point constants of the binary format.
 *
 * @see WebAssembly Core Specification 2.0, 5.2.3 (floating-point)
 * @module
 */

const scratch = new DataView(new ArrayBuffer(8));

/** Writes a little-endian binary32, every NaN as the canonical one; returns the position after. */
export function writeF32(bytes: Uint8Array, position: number, value: number): number {
  if (Number.isNaN(value)) scratch.setUint32(0, 0x7fc0_0000, true);
  else scratch.setFloat32(0, value, true);
  return copyScratch(bytes, position, 4);
}

/** Writes a little-endian binary64, every NaN as the canonical one; returns the position after. */
export function writeF64(bytes: Uint8Array, position: number, value: number): number {
  if (Number.isNaN(value)) scratch.setBigUint64(0, 0x7ff8_0000_0000_0000n, true);
  else scratch.setFloat64(0, value, true);
  return copyScratch(bytes, position, 8);
}

function copyScratch(bytes: Uint8Array, position: number, size: number): number {
  for (let i = 0; i < size; i++) bytes[position + i] = scratch.getUint8(i);
  return position + size;
}
