/** Reads a flattened device tree (Devicetree Specification v0.4, 5). */
import { DeviceTreeError } from "../errors.ts";
import { headerBytes, magic, reservationBytes, token, version } from "./format.ts";
import type { MemoryReservation } from "./tree.ts";

/** A node as a blob holds it: the types of its properties are known to their readers alone. */
export interface DecodedNode {
  readonly properties: Readonly<Record<string, Uint8Array>>;
  readonly children: Readonly<Record<string, DecodedNode>>;
}

/** What a blob holds. */
export interface DecodedDeviceTree {
  readonly root: DecodedNode;
  readonly reservations: readonly MemoryReservation[];
  readonly bootCpu: number;
}

/**
 * The contents of a flattened device tree.
 *
 * @throws DeviceTreeError if the bytes are none.
 */
export function decodeDeviceTree(blob: Uint8Array): DecodedDeviceTree {
  if (blob.length < headerBytes) throw malformed("shorter than a header");
  const header = new DataView(blob.buffer, blob.byteOffset, headerBytes);
  const word = (index: number): number => header.getUint32(4 * index);
  if (word(0) !== magic) throw malformed("no magic number");
  if (word(5) < version || word(6) > version)
    throw malformed(`version ${word(5)}, compatible with ${word(6)}, is unknown`);
  if (word(1) > blob.length) throw malformed("truncated");
  const part = (at: number, sizeBytes: number): Uint8Array => {
    if (at + sizeBytes > word(1)) throw malformed("a block lies outside");
    return blob.subarray(at, at + sizeBytes);
  };
  return {
    root: new StructureReader(part(word(2), word(9)), part(word(3), word(8))).root(),
    reservations: readReservations(part(word(4), word(1) - word(4))),
    bootCpu: word(7),
  };
}

const deepest = 64;

class StructureReader {
  readonly #block: Uint8Array;
  readonly #strings: Uint8Array;
  #at = 0;

  constructor(block: Uint8Array, strings: Uint8Array) {
    this.#block = block;
    this.#strings = strings;
  }

  root(): DecodedNode {
    if (this.#token() !== token.beginNode || this.#name() !== "") throw malformed("no root");
    const root = this.#node(0);
    if (this.#token() !== token.end) throw malformed("something follows the root");
    return root;
  }

  #node(depth: number): DecodedNode {
    if (depth > deepest) throw malformed(`deeper than ${deepest} nodes`);
    const properties: [string, Uint8Array][] = [];
    const children: [string, DecodedNode][] = [];
    for (;;) {
      const next = this.#token();
      if (next === token.endNode) break;
      if (next === token.property) properties.push(this.#property());
      else if (next === token.beginNode) children.push([this.#name(), this.#node(depth + 1)]);
      else throw malformed(`token ${next} within a node`);
    }
    return {
      properties: Object.fromEntries(properties),
      children: Object.fromEntries(children),
    };
  }

  #property(): [string, Uint8Array] {
    const sizeBytes = this.#u32();
    const name = text(this.#strings, this.#u32());
    // Not `slice`, which is no copy of a Node `Buffer`.
    const value = Uint8Array.from(this.#take(sizeBytes));
    this.#align();
    return [name, value];
  }

  #name(): string {
    const name = text(this.#block, this.#at);
    this.#at = this.#block.indexOf(0, this.#at) + 1;
    this.#align();
    return name;
  }

  #token(): number {
    for (;;) {
      const next = this.#u32();
      if (next !== token.nop) return next;
    }
  }

  #u32(): number {
    const bytes = this.#take(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  }

  #take(sizeBytes: number): Uint8Array {
    const bytes = this.#block.subarray(this.#at, this.#at + sizeBytes);
    if (bytes.length < sizeBytes) throw malformed("the structure block ends early");
    this.#at += sizeBytes;
    return bytes;
  }

  #align(): void {
    this.#at = Math.ceil(this.#at / 4) * 4;
  }
}

function readReservations(block: Uint8Array): MemoryReservation[] {
  const reservations: MemoryReservation[] = [];
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  for (let at = 0; at + reservationBytes <= block.length; at += reservationBytes) {
    const address = view.getBigUint64(at);
    const sizeBytes = view.getBigUint64(at + 8);
    if (address === 0n && sizeBytes === 0n) return reservations;
    reservations.push({ address, sizeBytes });
  }
  throw malformed("the list of reservations has no end");
}

function text(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, at);
  if (at > bytes.length || end < 0) throw malformed("a name has no end");
  return new TextDecoder().decode(bytes.subarray(at, end));
}

function malformed(what: string): DeviceTreeError {
  return new DeviceTreeError(`not a flattened device tree: ${what}`, { path: "/" });
}
