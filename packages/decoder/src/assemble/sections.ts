/** The sections of a program under assembly: their bytes, and where they lie. */

/** A section, filled from its start. */
export class SectionBuffer {
  readonly name: string;
  /** Address of its first byte, as the pass before has found it. */
  readonly address: bigint;
  /** The largest alignment asked for inside, in bytes. */
  alignment = 1;
  sizeBytes = 0;
  private buffer = new Uint8Array(256);

  constructor(name: string, address: bigint) {
    this.name = name;
    this.address = address;
  }

  /** Whether it has no bytes of its own: the program finds zeros there. */
  get isZeroFilled(): boolean {
    return /^\.s?bss\b/.test(this.name);
  }
  /** Whether gaps are filled with instructions. */
  get isCode(): boolean {
    return /^\.text\b/.test(this.name);
  }
  /** The address that the next byte will have. */
  get here(): bigint {
    return this.address + BigInt(this.sizeBytes);
  }

  /** Appends bytes. */
  append(bytes: Uint8Array): void {
    const start = this.grow(bytes.length);
    if (!this.isZeroFilled) this.buffer.set(bytes, start);
  }
  /** Appends `count` times the same byte. */
  fill(count: number, byte: number): void {
    const start = this.grow(count);
    if (!this.isZeroFilled) this.buffer.fill(byte, start, start + count);
  }
  /** The bytes; zeros for a zero-filled section. */
  bytes(): Uint8Array {
    return this.isZeroFilled
      ? new Uint8Array(this.sizeBytes)
      : this.buffer.slice(0, this.sizeBytes);
  }

  private grow(count: number): number {
    const start = this.sizeBytes;
    this.sizeBytes += count;
    if (!this.isZeroFilled && this.sizeBytes > this.buffer.length) {
      const larger = new Uint8Array(Math.max(this.sizeBytes, 2 * this.buffer.length));
      larger.set(this.buffer.subarray(0, start));
      this.buffer = larger;
    }
    return start;
  }
}

/** Sections with these names come first, in this order; what is zero-filled comes last. */
const order = [".text", ".rodata", ".data"];

function rank({ name, isZeroFilled }: SectionBuffer): number {
  if (isZeroFilled) return order.length + 1;
  const index = order.findIndex((prefix) => name === prefix || name.startsWith(`${prefix}.`));
  return index === -1 ? order.length : index;
}

/** Sections in the order in which they lie in memory. */
export function inMemoryOrder(sections: Iterable<SectionBuffer>): readonly SectionBuffer[] {
  return [...sections].sort((a, b) => rank(a) - rank(b));
}

/** The addresses of sections that lie one behind the other, each as aligned as it asks for. */
export function placeSections(
  sections: Iterable<SectionBuffer>,
  origin: bigint,
  sectionAlignment: number,
): ReadonlyMap<string, bigint> {
  const addresses = new Map<string, bigint>();
  let next = origin;
  for (const [index, section] of inMemoryOrder(sections).entries()) {
    if (index > 0) next = alignUp(next, BigInt(Math.max(section.alignment, sectionAlignment)));
    addresses.set(section.name, next);
    next += BigInt(section.sizeBytes);
  }
  return addresses;
}

/** The next multiple of `alignment`. */
export function alignUp(address: bigint, alignment: bigint): bigint {
  return ((address + alignment - 1n) / alignment) * alignment;
}
