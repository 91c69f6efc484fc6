/**
 * Snapshots of a system VM as bytes: a header in JSON with all that isn't RAM, and the pages of RAM
 * that aren't zero.
 *
 * Layout, little-endian: "isovmVM\0" (8 bytes), version (4), length of the header in bytes (4), the
 * header (UTF-8), a bit for each page of RAM, lowest first, that says whether it follows, zeros up to
 * a multiple of 4096 bytes from the beginning, the pages.
 */
import type { ByteSource } from "@isovm/abi";
import { IsovmError } from "@isovm/isa-spec";
import { readWhole } from "./absent-pages.ts";
import type { SavedHart } from "./system-hart.ts";

/** Bytes are not a snapshot, or not one of such a machine. */
export class SnapshotError extends IsovmError<{ readonly offset: number }> {}

/** What a snapshot holds beside RAM. */
export interface SnapshotHeader {
  /** What the machine has to be for the snapshot to fit. */
  readonly machine: {
    readonly isa: string;
    readonly board: string;
    readonly memoryBytes: number;
    readonly harts: number;
  };
  readonly executed: string;
  readonly nanos: string;
  /** What the guest has moved the real-time counter by; absent for not at all. */
  readonly counterOffset?: string;
  /** The hart whose turn it is, and what is left of it. */
  readonly turn: { readonly hart: number; readonly left: number };
  readonly harts: readonly SavedHart[];
  readonly devices: unknown;
  /** What the host adds, such as what is in its console's queue. */
  readonly host?: unknown;
}

const magic = "isovmVM\0";
const version = 1;
const pageBytes = 4096;
const prefixBytes = 16;

/** The bytes of a snapshot. */
export function encodeSnapshot(header: SnapshotHeader, ram: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const pageCount = ram.length / pageBytes;
  const bitmap = new Uint8Array(Math.ceil(pageCount / 8));
  const words = new BigUint64Array(ram.buffer, ram.byteOffset, ram.length / 8);
  const used: number[] = [];
  for (let page = 0; page < pageCount; page += 1) {
    if (isZero(words, page)) continue;
    bitmap[page >> 3] = (bitmap[page >> 3] ?? 0) | (1 << (page & 7));
    used.push(page);
  }
  const start = roundUp(prefixBytes + text.length + bitmap.length);
  const bytes = new Uint8Array(start + used.length * pageBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint32(8, version, true);
  view.setUint32(12, text.length, true);
  bytes.set(text, prefixBytes);
  bytes.set(bitmap, prefixBytes + text.length);
  used.forEach((page, index) => {
    const from = page * pageBytes;
    bytes.set(ram.subarray(from, from + pageBytes), start + index * pageBytes);
  });
  return bytes;
}

/** A snapshot that was looked at: its header, and where the pages of RAM lie that aren't zero. */
export interface Snapshot {
  readonly header: SnapshotHeader;
  /** By number of a page: the offset of its bytes. */
  readonly pages: readonly (readonly [page: number, offset: number])[];
}

/**
 * Reads all but the pages of what {@link encodeSnapshot} has made.
 *
 * @throws SnapshotError if it is something else, or not all of it.
 */
export function decodeSnapshot(source: ByteSource): Snapshot {
  const { sizeBytes } = source;
  const fail = (what: string, offset: number): never => {
    throw new SnapshotError(`not a snapshot: ${what}`, { offset });
  };
  const part = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    readWhole(source, offset, bytes);
    return bytes;
  };
  const prefix = part(0, Math.min(prefixBytes, sizeBytes));
  const begins = new TextDecoder().decode(prefix.subarray(0, magic.length)) === magic;
  if (!begins || sizeBytes < prefixBytes) fail("it begins with something else", 0);
  const view = new DataView(prefix.buffer);
  const found = view.getUint32(8, true);
  if (found !== version) fail(`its version is ${found}, this one reads ${version}`, 8);
  const headerEnd = prefixBytes + view.getUint32(12, true);
  if (headerEnd > sizeBytes) fail("it is cut off in the header", sizeBytes);
  const header = readHeader(part(prefixBytes, headerEnd - prefixBytes));
  if (!header) return fail("its header is damaged", prefixBytes);
  const pageCount = header.machine.memoryBytes / pageBytes;
  if (headerEnd + pageCount / 8 > sizeBytes) fail("it is cut off", sizeBytes);
  const bitmap = part(headerEnd, Math.ceil(pageCount / 8));
  const start = roundUp(headerEnd + bitmap.length);
  const pages: [number, number][] = [];
  for (let page = 0; page < pageCount; page += 1) {
    if (((bitmap[page >> 3] ?? 0) >> (page & 7)) & 1) {
      pages.push([page, start + pages.length * pageBytes]);
    }
  }
  const end = start + pages.length * pageBytes;
  if (sizeBytes !== end) fail(`it has ${sizeBytes} bytes instead of ${end}`, sizeBytes);
  return { header, pages };
}

function readHeader(bytes: Uint8Array): SnapshotHeader | undefined {
  try {
    const header: SnapshotHeader = JSON.parse(new TextDecoder().decode(bytes));
    return Number.isInteger(header?.machine?.memoryBytes) ? header : undefined;
  } catch {
    return undefined;
  }
}

function isZero(words: BigUint64Array, page: number): boolean {
  const first = (page * pageBytes) / 8;
  for (let index = first; index < first + pageBytes / 8; index += 1) {
    if (words[index] !== 0n) return false;
  }
  return true;
}

function roundUp(offset: number): number {
  return Math.ceil(offset / pageBytes) * pageBytes;
}
