/** Random mutations of executables: of their headers more often than of the rest. */

/** A source of numbers below a bound that repeats for the same seed. */
export function seededNumbers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** Values at which sizes and addresses go wrong. */
const corners = [
  0n,
  1n,
  0xfffn,
  0x1000n,
  0x10000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x3f_ffff_f000n,
  0x7fff_ffff_e000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_f000n,
  0xffff_ffff_ffff_ffffn,
];

/** `e_phnum` in a 64-bit ELF header, and the sizes of the headers. */
const programHeaderCount = 56;
const headerBytes = 64;
const programHeaderBytes = 56;

/** A mutant of a 64-bit ELF executable; now and then it ends early. */
export function mutant(original: Uint8Array, below: (bound: number) => number): Uint8Array {
  const bytes = original.slice();
  const view = new DataView(bytes.buffer);
  const count = view.getUint16(programHeaderCount, true);
  const headersBytes = Math.min(headerBytes + programHeaderBytes * count, bytes.length);
  for (let left = 1 + below(6); left > 0; left -= 1) {
    const at = below(below(3) > 0 ? headersBytes : bytes.length);
    const corner = corners[below(corners.length)] ?? 0n;
    const kind = below(4);
    if (kind === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    else if (kind === 1) bytes[at] = below(256);
    else if (kind === 2) view.setBigUint64(Math.min(at & ~7, bytes.length - 8), corner, true);
    else view.setUint32(Math.min(at & ~3, bytes.length - 4), Number(corner & 0xffff_ffffn), true);
  }
  return below(20) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes;
}
