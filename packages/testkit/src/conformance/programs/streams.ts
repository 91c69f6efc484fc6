/** Standard streams of a test's guest: input given at once, output collected. */
import type { HostInput, HostOutput } from "@isovm/abi";

/** Keeps what is written. */
export class OutputCollector implements HostOutput {
  readonly isTerminal = false;
  readonly #chunks: Uint8Array[] = [];

  write(bytes: Uint8Array): boolean {
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
