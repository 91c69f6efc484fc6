/** Big-endian output that grows. */
export class ByteWriter {
  #bytes: Uint8Array = new Uint8Array(1024);
  length = 0;

  u32(value: number): void {
    const at = this.#extend(4);
    new DataView(this.#bytes.buffer).setUint32(at, value);
  }

  u64(value: bigint): void {
    const at = this.#extend(8);
    new DataView(this.#bytes.buffer).setBigUint64(at, value);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#extend(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Text in UTF-8 and a zero byte. */
  string(text: string): void {
    this.bytes(new TextEncoder().encode(`${text}\0`));
  }

  /** Zeros up to a multiple. */
  align(multiple: number): void {
    this.#extend((multiple - (this.length % multiple)) % multiple);
  }

  /** What was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  /** Makes room for zeros; gives where. */
  #extend(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }
}
