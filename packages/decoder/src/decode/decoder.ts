/** The decoder of an ISA. */
import type { Framing, Instruction, Isa } from "@isovm/isa-spec";
import { decisionTree } from "./decision-tree.ts";
import { Decoded } from "./decoded.ts";
import { lengthOf, wordAt } from "./framing.ts";
import { type Lookup, lowerToBigInt, lowerToNumbers, type NumberLookup } from "./lower-tree.ts";
import { type DecodeContext, rowSizes } from "./row-order.ts";

interface Lookups {
  readonly short: NumberLookup | undefined;
  readonly long: Lookup;
}

/**
 * The decoder of an ISA, generated from its rows. It never throws on a guest's bytes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Decoder } from "@isovm/decoder";
 * import { defineIsa, instruction, RegisterFile } from "@isovm/isa-spec";
 *
 * const r = new RegisterFile({ name: "r", count: 16, width: 32 });
 * const move = instruction("move", "0001 0000 to:4 from:4", {
 *   operands: { to: r.destination(), from: r.source() },
 *   syntax: "to, from",
 *   semantics: ({ to, from }) => to.write(from.read()),
 *   manual: "Toy, 2.1",
 * });
 * const toy = defineIsa({
 *   name: "toy",
 *   addressWidth: 32,
 *   registers: [r.definition],
 *   framing: { parcelBytes: 2, byteOrder: "big", lengths: [{ mask: 0, match: 0, sizeBytes: 2 }] },
 *   extensions: [{ name: "base", title: "Base", instructions: [move] }],
 *   syntax: { comment: ["#"], relocations: {} },
 * });
 * const decoder = new Decoder(toy);
 * assert.deepEqual(decoder.decode(0x1023)?.fields, { to: 2n, from: 3n });
 * assert.equal(decoder.decodeBytes(Uint8Array.of(0x20, 0x23), 0), undefined);
 * ```
 */
export class Decoder {
  readonly isa: Isa;
  private readonly framing: Framing;
  private readonly rows: readonly Instruction[];
  private readonly sizes: readonly number[];
  private readonly lookups: ReadonlyMap<number, Lookups>;
  private readonly context: DecodeContext;
  private readonly longest: number;
  /** The decoders behind prefixes, by their context. */
  private readonly others = new Map<string, Decoder>();

  /** Without prefixes, instructions are decoded in the ISA's own context with `context` added. */
  constructor(isa: Isa, context: DecodeContext = {}) {
    this.isa = isa;
    this.context = { ...isa.framing.context, ...context };
    this.longest = isa.framing.longestBytes ?? Number.POSITIVE_INFINITY;
    this.framing = isa.framing;
    this.rows = isa.instructions;
    this.sizes = rowSizes(isa);
    this.lookups = new Map(
      this.sizes.map((sizeBytes) => {
        const tree = decisionTree(isa, sizeBytes, this.context);
        const short = sizeBytes <= 4 ? lowerToNumbers(tree) : undefined;
        return [sizeBytes, { short, long: lowerToBigInt(tree) }];
      }),
    );
  }

  /**
   * The instruction that a word is, or undefined if no row matches.
   *
   * The word has exactly the instruction's length. Without `sizeBytes` that is found in the
   * word's lowest parcel, which is the first one in little-endian instruction streams.
   */
  decode(word: bigint | number, sizeBytes?: number): Decoded | undefined {
    if (sizeBytes !== undefined) return this.decodeSized(word, sizeBytes);
    if (this.framing.lengths.length === 0) {
      for (const size of this.sizes) {
        const decoded = this.decodeSized(word, size);
        if (decoded) return decoded;
      }
      return undefined;
    }
    const parcelBits = 8 * this.framing.parcelBytes;
    const parcel =
      typeof word === "number"
        ? parcelBits === 32
          ? word
          : word & (2 ** parcelBits - 1)
        : Number(BigInt.asUintN(parcelBits, word));
    const size = lengthOf(this.framing, parcel);
    return size === undefined ? undefined : this.decodeSized(word, size);
  }

  /** The instruction at `offset`; undefined if no row matches or the bytes end before it does. */
  decodeBytes(bytes: Uint8Array, offset = 0): Decoded | undefined {
    const { prefixBytes, context } = this.prefixesAt(bytes, offset);
    if (prefixBytes === 0) return this.decodeUnprefixed(bytes, offset);
    const decoded = this.inContext(context).decodeUnprefixed(bytes, offset + prefixBytes);
    if (!decoded || prefixBytes + decoded.sizeBytes > this.longest) return undefined;
    return new Decoded(decoded.row, decoded.rowIndex, decoded.word, prefixBytes);
  }

  private prefixesAt(
    bytes: Uint8Array,
    offset: number,
  ): { prefixBytes: number; context: DecodeContext } {
    const { prefixes = [], parcelBytes, byteOrder } = this.framing;
    let { context } = this;
    let prefixBytes = 0;
    while (prefixes.length > 0 && prefixBytes < this.longest) {
      const parcel = Number(wordAt(bytes, offset + prefixBytes, parcelBytes, byteOrder) ?? -1n);
      const prefix =
        parcel < 0 ? undefined : prefixes.find(({ mask, match }) => (parcel & mask) === match);
      if (!prefix) break;
      context = { ...context, ...prefix.sets };
      prefixBytes += parcelBytes;
    }
    return { prefixBytes, context };
  }

  private inContext(context: DecodeContext): Decoder {
    const key = JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)));
    const known = this.others.get(key);
    if (known) return known;
    const decoder = new Decoder(this.isa, context);
    this.others.set(key, decoder);
    return decoder;
  }

  private decodeUnprefixed(bytes: Uint8Array, offset: number): Decoded | undefined {
    const size = this.sizeAt(bytes, offset);
    for (const sizeBytes of size === undefined ? this.sizesWithoutRule() : [size]) {
      const word = wordAt(bytes, offset, sizeBytes, this.framing.byteOrder);
      const decoded = word === undefined ? undefined : this.decodeSized(word, sizeBytes);
      if (decoded) return decoded;
    }
    return undefined;
  }

  /**
   * The length in bytes that the instruction at `offset` has by its first parcel, whether a row
   * matches or not; undefined if the ISA has no rule for it or the parcel isn't all there.
   */
  sizeAt(bytes: Uint8Array, offset = 0): number | undefined {
    const { parcelBytes, byteOrder } = this.framing;
    const parcel = wordAt(bytes, offset, parcelBytes, byteOrder);
    return parcel === undefined ? undefined : lengthOf(this.framing, Number(parcel));
  }

  private sizesWithoutRule(): readonly number[] {
    return this.framing.lengths.length === 0 ? this.sizes : [];
  }

  private decodeSized(word: bigint | number, sizeBytes: number): Decoded | undefined {
    const lookups = this.lookups.get(sizeBytes);
    if (!lookups) return undefined;
    const index = lookups.short
      ? lookups.short(typeof word === "number" ? word : Number(BigInt.asIntN(32, word)))
      : lookups.long(BigInt(word));
    const row = this.rows[index];
    if (!row) return undefined;
    return new Decoded(row, index, BigInt.asUintN(8 * sizeBytes, BigInt(word)));
  }
}
