/** Little-endian fields of a file, written and read in order. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Whether two runs of bytes are equal. */
export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** Collects fields. */
export class FieldWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  u16(value: number): this {
    return this.#number(2, (view) => view.setUint16(0, value, true));
  }

  u32(value: number): this {
    return this.#number(4, (view) => view.setUint32(0, value, true));
  }

  u64(value: bigint): this {
    return this.#number(8, (view) => view.setBigUint64(0, value, true));
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }

  /** Bytes behind their number. */
  block(bytes: Uint8Array): this {
    return this.u32(bytes.length).bytes(bytes);
  }

  text(text: string): this {
    const bytes = encoder.encode(text);
    return this.u16(bytes.length).bytes(bytes);
  }

  /** All fields, with room behind them. */
  finish(extraBytes = 0): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#length + extraBytes);
    let offset = 0;
    for (const part of this.#parts) {
      all.set(part, offset);
      offset += part.length;
    }
    return all;
  }

  #number(size: number, set: (view: DataView) => void): this {
    const bytes = new Uint8Array(size);
    set(new DataView(bytes.buffer));
    return this.bytes(bytes);
  }
}

/**
 * Reads fields and never throws: behind the end of the bytes every field is zero or empty, and
 * `isIntact` is false from there on.
 */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;
  #isIntact = true;

  constructor(bytes: Uint8Array) {
    const { buffer, byteOffset, byteLength } = bytes;
    // Views of Node's buffers would be Node's buffers.
    this.#bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  /** Whether all fields so far were there. */
  get isIntact(): boolean {
    return this.#isIntact;
  }

  /** Whether all fields were there, and nothing is behind them. */
  get isComplete(): boolean {
    return this.#isIntact && this.#offset === this.#bytes.length;
  }

  /** Notes that a field is not as it should be, and gives what stands for it. */
  fail<T>(instead: T): T {
    this.#isIntact = false;
    return instead;
  }

  u16(): number {
    const offset = this.#take(2);
    return offset === undefined ? 0 : this.#view.getUint16(offset, true);
  }

  u32(): number {
    const offset = this.#take(4);
    return offset === undefined ? 0 : this.#view.getUint32(offset, true);
  }

  u64(): bigint {
    const offset = this.#take(8);
    return offset === undefined ? 0n : this.#view.getBigUint64(offset, true);
  }

  /** A view of the bytes that are read, not a copy. */
  bytes(length: number): Uint8Array {
    const offset = this.#take(length);
    return offset === undefined ? new Uint8Array(0) : this.#bytes.subarray(offset, offset + length);
  }

  block(): Uint8Array {
    return this.bytes(this.u32());
  }

  text(): string {
    return decoder.decode(this.bytes(this.u16()));
  }

  /** Items behind their number; as many of them as the bytes hold. */
  list<T>(item: () => T): T[] {
    const count = this.u32();
    const items: T[] = [];
    for (let index = 0; index < count && this.#isIntact; index += 1) items.push(item());
    return items;
  }

  #take(length: number): number | undefined {
    const offset = this.#offset;
    if (!this.#isIntact || length > this.#bytes.length - offset) {
      return this.fail(undefined);
    }
    this.#offset = offset + length;
    return offset;
  }
}
