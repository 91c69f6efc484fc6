/** Standard streams of a test's guest: input given at once, output collected. */
import type { HostInput, HostOutput } from "@isovm/abi";

/** Keeps what is written; a program that writes without end finds that the reader has gone. */
export class OutputCollector implements HostOutput {
  readonly isTerminal = false;
  readonly #chunks: Uint8Array[] = [];
  #room = 64 * 2 ** 20;

  write(bytes: Uint8Array): boolean {
    if (bytes.length > this.#room) return false;
    this.#room -= bytes.length;
    this.#chunks.push(bytes.slice());
    return true;
  }

  /** All bytes so far. */
  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#chunks));
  }

  /** All bytes so far as UTF-8. */
  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }
}

/** An input that has all of these bytes, and then its end. */
export function stdinOf(contents: string | Uint8Array): HostInput {
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  let at = 0;
  return {
    isTerminal: false,
    available: () => (at < bytes.length ? bytes.length - at : Number.POSITIVE_INFINITY),
    read: (length) => {
      if (at >= bytes.length) return undefined;
      const chunk = bytes.subarray(at, at + length);
      at += chunk.length;
      return chunk;
    },
  };
}
