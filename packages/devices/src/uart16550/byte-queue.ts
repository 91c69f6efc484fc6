/** Bytes that wait for their turn: first in, first out. */
export class ByteQueue {
  #bytes: Uint8Array = new Uint8Array(0);
  #head = 0;

  get length(): number {
    return this.#bytes.length - this.#head;
  }

  push(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.length + bytes.length);
    joined.set(this.#bytes.subarray(this.#head));
    joined.set(bytes, this.length);
    this.#bytes = joined;
    this.#head = 0;
  }

  /** Takes the first byte, or gives undefined if there is none. */
  shift(): number | undefined {
    const byte = this.#bytes[this.#head];
    if (byte !== undefined) this.#head++;
    return byte;
  }

  clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#head = 0;
  }

  /** A copy of all of them. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(this.#head);
  }
}
