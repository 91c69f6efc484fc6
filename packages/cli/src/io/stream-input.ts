/** Standard input that is a pipe, a socket or a terminal. */
import type { Readable } from "node:stream";
import type { CommandInput } from "./command-io.ts";

/** A stream of which nothing is read before the first question for it. */
export class StreamInput implements CommandInput {
  readonly isTerminal: boolean;
  readonly #open: () => Readable;
  #stream: Readable | undefined;
  #pending: Uint8Array = new Uint8Array();
  #hasEnded = false;
  readonly #listeners = new Set<() => void>();

  constructor(open: () => Readable, isTerminal: boolean) {
    this.#open = open;
    this.isTerminal = isTerminal;
  }

  read(length: number): Uint8Array | undefined {
    this.#refill();
    if (this.#pending.length === 0 && this.#hasEnded) {
      // At a terminal more may follow its end-of-file key.
      if (this.isTerminal) this.#hasEnded = false;
      return undefined;
    }
    const bytes = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(bytes.length);
    return bytes;
  }

  available(): number {
    this.#refill();
    if (this.#pending.length > 0) return this.#pending.length;
    return this.#hasEnded ? Number.POSITIVE_INFINITY : 0;
  }

  onReady(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async readAll(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let wake: () => void = () => {};
    const stop = this.onReady(() => wake());
    for (;;) {
      const arrival = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const chunk = this.read(1 << 20);
      if (chunk === undefined) break;
      if (chunk.length > 0) chunks.push(chunk);
      else await arrival;
    }
    stop();
    return Buffer.concat(chunks);
  }

  release(): void {
    this.#listeners.clear();
    this.#stream?.destroy();
  }

  #refill(): void {
    if (this.#pending.length > 0 || this.#hasEnded) return;
    const chunk: unknown = this.#started().read();
    if (chunk instanceof Uint8Array) this.#pending = chunk;
  }

  #started(): Readable {
    if (this.#stream) return this.#stream;
    const stream = this.#open();
    this.#stream = stream;
    const end = (): void => {
      if (this.#stream !== stream) return;
      this.#hasEnded = true;
      if (this.isTerminal) this.#stream = undefined;
      this.#tell();
    };
    // A terminal that has gone or that belongs to another job reads as ended.
    stream.on("error", end);
    stream.on("end", end);
    stream.on("close", end);
    stream.on("readable", () => this.#tell());
    return stream;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
