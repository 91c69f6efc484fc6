/** The other byte order. */

/** The value of `sizeBytes` bytes with its bytes in the opposite order. */
export function reverseBytes(value: bigint, sizeBytes: number): bigint {
  let reversed = 0n;
  for (let byte = 0; byte < sizeBytes; byte += 1) {
    reversed = (reversed << 8n) | ((value >> BigInt(8 * byte)) & 0xffn);
  }
  return reversed;
}
