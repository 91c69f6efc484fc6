/** Where the parts of a test program and its data lie in the guest's address space. */

/** Bytes of a page of guest memory. */
export const pageBytes = 4096;

/** Access rights of a mapping, as bits. */
export const rights = { read: 1, write: 2, execute: 4 } as const;

/** A mapping of a test's address space. */
export interface Mapping {
  readonly start: number;
  readonly length: number;
  readonly rights: number;
}

const sandboxStart = 0x40_0000;

/** Addresses of the sandbox. */
export interface SandboxLayout {
  readonly start: number;
  /** Bytes that can be written. */
  readonly writableBytes: number;
  /** The first byte that can only be read. */
  readonly readOnly: number;
  /** The first byte without any right. */
  readonly forbidden: number;
  /** The first byte that isn't mapped. */
  readonly end: number;
}

/**
 * The sandbox: two pages that can be written, one that can only be read, one without any right,
 * then nothing.
 */
export const sandbox: SandboxLayout = {
  start: sandboxStart,
  writableBytes: 2 * pageBytes,
  readOnly: sandboxStart + 2 * pageBytes,
  forbidden: sandboxStart + 3 * pageBytes,
  end: sandboxStart + 4 * pageBytes,
};

/** Mappings of the sandbox. */
export const sandboxMappings: readonly Mapping[] = [
  {
    start: sandbox.start,
    length: sandbox.writableBytes,
    rights: rights.read | rights.write,
  },
  { start: sandbox.readOnly, length: pageBytes, rights: rights.read },
  { start: sandbox.forbidden, length: pageBytes, rights: 0 },
];

/**
 * How far above the sandbox and the code an ISA of 64-bit addresses has them again: the lower 32
 * bits of the addresses are the same, and so are the entries of translation tables.
 */
export const highDistance: number = 2 ** 36;

/** Mappings of the sandboxes of an ISA with addresses of so many bits. */
export function sandboxesOf(addressWidth: 32 | 64): readonly Mapping[] {
  if (addressWidth === 32) return sandboxMappings;
  const high = sandboxMappings.map((one) => ({ ...one, start: one.start + highDistance }));
  return [...sandboxMappings, ...high];
}

/** Where code usually begins. */
export const codeStart = 0x1_0000;
