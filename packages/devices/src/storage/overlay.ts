/** Storage that keeps what is written apart from what it lies on. */
import { encodeBase64 } from "../base64.ts";
import { StateReader } from "../state-reader.ts";
import { type BlockStorage, checkRange, StorageError } from "./block-storage.ts";

/** What {@link overlay} can be told. */
export interface OverlayOptions {
  /** The most bytes that it keeps: those of its base by default. Writes that need more fail. */
  readonly limitBytes?: number;
}

/** Bytes that are kept together; file systems write blocks of this size. */
const clusterBytes = 4096;

/** Clusters of one text in a state: a string has a maximum length. */
const clustersOfRun = 256;

/**
 * Storage that reads from a base until something else is written, which it keeps in memory: the
 * base is never written and may be read-only. Snapshots of a machine hold what it keeps. Closing it
 * closes its base.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { bytesStorage, overlay } from "@isovm/devices";
 *
 * const base = new Uint8Array(512);
 * const top = overlay(bytesStorage(base, { readOnly: true }));
 * top.write(2, Uint8Array.of(5));
 * const bytes = new Uint8Array(4);
 * top.read(0, bytes);
 * assert.deepEqual([...bytes], [0, 0, 5, 0]);
 * assert.equal(base[2], 0);
 * ```
 */
export function overlay(
  base: BlockStorage,
  { limitBytes = Number.POSITIVE_INFINITY }: OverlayOptions = {},
): BlockStorage {
  return new Overlay(base, limitBytes);
}

class Overlay implements BlockStorage {
  readonly sizeBytes: number;
  readonly readOnly: boolean = false;
  readonly #base: BlockStorage;
  readonly #limitBytes: number;
  /** What was written, by the cluster's number. */
  #clusters = new Map<number, Uint8Array>();

  constructor(base: BlockStorage, limitBytes: number) {
    this.sizeBytes = base.sizeBytes;
    this.#base = base;
    this.#limitBytes = limitBytes;
  }

  read(offset: number, into: Uint8Array): void {
    checkRange(this.sizeBytes, offset, into.length);
    // Neighbours that are only in the base are read from it at once.
    let unread = 0;
    const readUpTo = (end: number): void => {
      if (unread < end) this.#base.read(offset + unread, into.subarray(unread, end));
    };
    for (const { cluster, within, at, length } of piecesOf(offset, into.length)) {
      const kept = this.#clusters.get(cluster);
      if (kept === undefined) continue;
      readUpTo(at);
      into.set(kept.subarray(within, within + length), at);
      unread = at + length;
    }
    readUpTo(into.length);
  }

  write(offset: number, bytes: Uint8Array): void {
    checkRange(this.sizeBytes, offset, bytes.length);
    for (const { cluster, within, at, length } of piecesOf(offset, bytes.length))
      this.#own(cluster, length).set(bytes.subarray(at, at + length), within);
  }

  flush(): void {}

  close(): void {
    this.#base.close();
  }

  state(): unknown {
    return { runs: [...this.#runs()], base: this.#base.state?.() ?? null };
  }

  restore(state: unknown): void {
    const reader = new StateReader("overlay", state);
    const clusters = new Map<number, Uint8Array>();
    for (const run of reader.list("runs", Number.MAX_SAFE_INTEGER)) {
      const part = new StateReader("overlay", run);
      const first = part.natural("first", Math.ceil(this.sizeBytes / clusterBytes));
      const bytes = part.bytes("bytes", this.sizeBytes - first * clusterBytes);
      for (const { cluster, at, length } of piecesOf(first * clusterBytes, bytes.length))
        clusters.set(cluster, bytes.slice(at, at + length));
    }
    this.#base.restore?.(reader.member("base"));
    this.#clusters = clusters;
  }

  /** The overlay's own copy of a cluster, of which so many bytes are about to be written. */
  #own(cluster: number, length: number): Uint8Array {
    const kept = this.#clusters.get(cluster);
    if (kept !== undefined) return kept;
    const start = cluster * clusterBytes;
    const bytes = new Uint8Array(Math.min(clusterBytes, this.sizeBytes - start));
    if ((this.#clusters.size + 1) * clusterBytes > this.#limitBytes)
      throw new StorageError(`the overlay is full at ${this.#limitBytes} bytes`, {
        failure: "noSpace",
      });
    if (length < bytes.length) this.#base.read(start, bytes);
    this.#clusters.set(cluster, bytes);
    return bytes;
  }

  /** Neighbouring clusters as text. */
  *#runs(): Generator<{ readonly first: number; readonly bytes: string }> {
    let first = 0;
    let run: Uint8Array[] = [];
    for (const [cluster, bytes] of [...this.#clusters].sort(([a], [b]) => a - b)) {
      if (run.length === clustersOfRun || cluster !== first + run.length) {
        if (run.length > 0) yield { first, bytes: textOf(run) };
        first = cluster;
        run = [];
      }
      run.push(bytes);
    }
    if (run.length > 0) yield { first, bytes: textOf(run) };
  }
}

function textOf(clusters: readonly Uint8Array[]): string {
  const bytes = new Uint8Array(clusters.reduce((sum, { length }) => sum + length, 0));
  for (const [index, cluster] of clusters.entries()) bytes.set(cluster, index * clusterBytes);
  return encodeBase64(bytes);
}

interface Piece {
  readonly cluster: number;
  /** Where the piece is in its cluster, and in the range. */
  readonly within: number;
  readonly at: number;
  readonly length: number;
}

/** A range of bytes, cut where clusters start. */
function* piecesOf(offset: number, sizeBytes: number): Generator<Piece> {
  for (let at = 0; at < sizeBytes; ) {
    const within = (offset + at) % clusterBytes;
    const length = Math.min(clusterBytes - within, sizeBytes - at);
    yield { cluster: (offset + at - within) / clusterBytes, within, at, length };
    at += length;
  }
}
