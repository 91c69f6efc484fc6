/** The building blocks of ELF tables: little-endian fields, and tables of strings. */

/** Fields one behind the other. */
export class Fields {
  readonly #wordBits: 32 | 64;
  readonly #bytes: number[] = [];

  /** @param wordBits the width of addresses, offsets and sizes. */
  constructor(wordBits: 32 | 64) {
    this.#wordBits = wordBits;
  }

  byte(value: number): this {
    return this.#put(BigInt(value), 1);
  }

  half(value: number): this {
    return this.#put(BigInt(value), 2);
  }

  word(value: number): this {
    return this.#put(BigInt(value), 4);
  }

  address(value: bigint): this {
    return this.#put(value, this.#wordBits / 8);
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #put(value: bigint, sizeBytes: number): this {
    for (let index = 0; index < sizeBytes; index += 1) {
      this.#bytes.push(Number((value >> BigInt(8 * index)) & 0xffn));
    }
    return this;
  }
}

/** Strings behind a zero byte, each ended by one. */
export class StringTable {
  readonly #offsets = new Map<string, number>([["", 0]]);
  #text = "\0";

  /** The string's offset. Strings have to be ASCII, as assembly names are. */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#text.length;
    this.#offsets.set(text, offset);
    this.#text += `${text}\0`;
    return offset;
  }

  bytes(): Uint8Array {
    return new TextEncoder().encode(this.#text);
  }
}
