/** Reads guest instructions for translation. */
import { type Decoded, Decoder } from "@isovm/decoder";
import type { EngineMemory, Isa } from "@isovm/isa-spec";

const pageBytes = 4096;
const pageMask = 0xfffn;

/** Bytes of guest code by virtual address, as they are fetched now. */
export class CodeReader {
  readonly #memory: EngineMemory;
  readonly #addressWidth: number;
  readonly #decoder: Decoder;
  readonly #longest: number;
  #page = -1n;
  #frame = -1;

  constructor(isa: Isa, memory: EngineMemory) {
    this.#memory = memory;
    this.#addressWidth = isa.addressWidth;
    this.#decoder = new Decoder(isa);
    const { lengths, parcelBytes, longestBytes } = isa.framing;
    this.#longest = longestBytes ?? Math.max(parcelBytes, ...lengths.map((rule) => rule.sizeBytes));
  }

  /** To be called before reading after anything else ran: translations may have changed. */
  refresh(): void {
    this.#page = -1n;
  }

  /** The instruction at an address; undefined if it can't be fetched or no row matches. */
  instructionAt(address: bigint): Decoded | undefined {
    const frame = this.frameOf(address);
    if (frame < 0) return undefined;
    const offset = Number(address & pageMask);
    const { buffer } = this.#memory.memory;
    if (offset + this.#longest <= pageBytes) {
      return this.#decoder.decodeBytes(new Uint8Array(buffer, frame + offset, this.#longest));
    }
    const bytes = this.bytesAt(address, this.#longest);
    return this.#decoder.decodeBytes(bytes);
  }

  /** Bytes from an address on: `length` of them, fewer where a page can't be fetched. */
  bytesAt(address: bigint, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const at = BigInt.asUintN(this.#addressWidth, address + BigInt(done));
      const frame = this.frameOf(at);
      if (frame < 0) return bytes.slice(0, done);
      const offset = Number(at & pageMask);
      const count = Math.min(length - done, pageBytes - offset);
      bytes.set(new Uint8Array(this.#memory.memory.buffer, frame + offset, count), done);
      done += count;
    }
    return bytes;
  }

  /** Byte offset in linear memory of the frame behind an address; negative if there is none. */
  frameOf(address: bigint): number {
    const page = address & ~pageMask;
    if (page !== this.#page) {
      this.#frame = this.#memory.translate(address, "fetch");
      this.#page = page;
    }
    return this.#frame;
  }
}
