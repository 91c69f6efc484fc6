/** A first-in first-out queue of bytes, kept as the chunks that were put in. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** Bytes in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Appends a copy of `bytes`. */
  put(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes.slice());
    this.#length += bytes.length;
  }

  /** Moves the oldest bytes into `target`; gives how many. */
  take(target: Uint8Array): number {
    let done = 0;
    let used = 0;
    for (const chunk of this.#chunks) {
      const count = Math.min(chunk.length, target.length - done);
      target.set(chunk.subarray(0, count), done);
      done += count;
      if (count < chunk.length) {
        this.#chunks[used] = chunk.subarray(count);
        break;
      }
      used += 1;
    }
    if (used > 0) this.#chunks.splice(0, used);
    this.#length -= done;
    return done;
  }

  /** Copies the oldest bytes into `target` without removing them; gives how many. */
  peek(target: Uint8Array): number {
    let done = 0;
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(0, target.length - done);
      target.set(part, done);
      done += part.length;
      if (done === target.length) break;
    }
    return done;
  }

  clear(): void {
    this.#chunks = [];
    this.#length = 0;
  }
}
