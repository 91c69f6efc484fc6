/** Little-endian numbers in bytes: of rings, request headers and configuration spaces. */

/** The view of bytes that reads and writes numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Two bytes that hold a number. */
export function bytesOf16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff);
}
