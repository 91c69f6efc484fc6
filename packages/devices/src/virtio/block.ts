/**
 * The virtio block device.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 5.2
 */
import { StateReader } from "../state-reader.ts";
import { type BlockStorage, StorageError, sectorBytes } from "../storage/block-storage.ts";
import { viewOf } from "./little-endian.ts";
import type { BufferChain, VirtioHost, VirtioModel, VirtioModelFactory } from "./model.ts";

/** What {@link virtioBlock} can be told. */
export interface VirtioBlockOptions {
  /** Up to 20 characters of ASCII that the guest can ask for: `/dev/disk/by-id` on Linux. */
  readonly serial?: string;
}

/** Numbers of feature bits (5.2.3). */
const feature = {
  segmentMaximum: 2,
  readOnly: 5,
  blockSize: 6,
  flush: 9,
  writeZeroes: 14,
} as const;

/** Types of requests (5.2.6). */
const request = { read: 0, write: 1, flush: 4, getId: 8, writeZeroes: 13 } as const;

/** How a request ended. */
const outcome = { ok: 0, ioError: 1, unsupported: 2 } as const;
type Outcome = (typeof outcome)[keyof typeof outcome];

const queueSize = 128;
const headerBytes = 16;
const idBytes = 20;
const rangeBytes = 16;
/** A request is done in pieces of this size. */
const pieceBytes = 2 ** 20;
/** The most sectors that one request may set to zero: 16 MiB. */
const mostZeroSectors = 2 ** 15;

/**
 * The factory of a disk over storage. Requests are done one after the other, when the driver
 * notifies; a flush is answered when it is durable. If the driver doesn't know about flushes, each
 * write is made durable. What the storage can't do fails with `VIRTIO_BLK_S_IOERR` and a
 * `hostFailure` event.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 5.2
 */
export function virtioBlock(
  storage: BlockStorage,
  { serial = "" }: VirtioBlockOptions = {},
): VirtioModelFactory {
  return (host) => new VirtioBlock(host, storage, serial);
}

class VirtioBlock implements VirtioModel {
  readonly name: string = "virtio-blk";
  readonly deviceId: number = 2;
  readonly features: readonly number[];
  readonly queueSizes: readonly number[] = [queueSize];
  readonly #host: VirtioHost;
  readonly #storage: BlockStorage;
  readonly #serial: Uint8Array;
  readonly #configuration: Uint8Array;

  constructor(host: VirtioHost, storage: BlockStorage, serial: string) {
    this.#host = host;
    this.#storage = storage;
    this.#serial = new TextEncoder().encode(serial).slice(0, idBytes);
    this.#configuration = configurationOf(storage);
    const { readOnly, ...writable } = feature;
    this.features = Object.values(storage.readOnly ? { ...writable, readOnly } : writable);
  }

  configuration(): Uint8Array {
    return this.#configuration;
  }

  notify(queue: number): void {
    for (;;) {
      const chain = this.#host.take(queue);
      if (chain === undefined) return;
      this.#serve(chain);
    }
  }

  state(): unknown {
    return { storage: this.#storage.state?.() ?? null };
  }

  restore(state: unknown): void {
    this.#storage.restore?.(new StateReader(this.name, state).member("storage"));
  }

  reset(): void {}

  #serve(chain: BufferChain): void {
    const { readableBytes, writableBytes } = chain;
    if (readableBytes < headerBytes || writableBytes < 1)
      return chain.reject(`a request of ${readableBytes} and ${writableBytes} bytes`);
    const header = chain.read(0, headerBytes);
    if (header === undefined) return;
    const view = viewOf(header);
    const sector = view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32;
    const ended = this.#attempt(chain, view.getUint32(0, true), sector * sectorBytes);
    // The status is the last writable byte (5.2.6).
    if (ended === undefined || !chain.write(writableBytes - 1, Uint8Array.of(ended))) return;
    const wroteAll = ended === outcome.ok || writableBytes === 1;
    chain.complete(wroteAll ? writableBytes : 0);
  }

  /** Does a request; undefined if the chain turned out to be malformed. */
  #attempt(chain: BufferChain, type: number, offset: number): Outcome | undefined {
    try {
      return this.#do(chain, type, offset);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#host.observe("hostFailure", `at byte ${offset}: ${error.message}`);
      return outcome.ioError;
    }
  }

  #do(chain: BufferChain, type: number, offset: number): Outcome | undefined {
    switch (type) {
      case request.read:
        return this.#read(chain, offset);
      case request.write:
        return this.#changed(this.#write(chain, offset));
      case request.flush:
        this.#storage.flush();
        return outcome.ok;
      case request.getId:
        return this.#getId(chain);
      case request.writeZeroes:
        return this.#changed(this.#writeZeroes(chain));
      default:
        return outcome.unsupported;
    }
  }

  #read(chain: BufferChain, offset: number): Outcome | undefined {
    const sizeBytes = chain.writableBytes - 1;
    if (!this.#contains(offset, sizeBytes)) return outcome.ioError;
    for (let at = 0; at < sizeBytes; at += pieceBytes) {
      const piece = new Uint8Array(Math.min(pieceBytes, sizeBytes - at));
      this.#storage.read(offset + at, piece);
      if (!chain.write(at, piece)) return undefined;
    }
    return outcome.ok;
  }

  #write(chain: BufferChain, offset: number): Outcome | undefined {
    const sizeBytes = chain.readableBytes - headerBytes;
    if (this.#storage.readOnly || !this.#contains(offset, sizeBytes)) return outcome.ioError;
    for (let at = 0; at < sizeBytes; at += pieceBytes) {
      const piece = chain.read(headerBytes + at, Math.min(pieceBytes, sizeBytes - at));
      if (piece === undefined) return undefined;
      this.#storage.write(offset + at, piece);
    }
    return outcome.ok;
  }

  #getId(chain: BufferChain): Outcome | undefined {
    if (chain.writableBytes < idBytes + 1) return outcome.ioError;
    const id = new Uint8Array(chain.writableBytes - 1);
    id.set(this.#serial);
    return chain.write(0, id) ? outcome.ok : undefined;
  }

  /** One range of sectors, as the configuration space says (5.2.6). */
  #writeZeroes(chain: BufferChain): Outcome | undefined {
    if (chain.readableBytes !== headerBytes + rangeBytes) return outcome.ioError;
    const range = chain.read(headerBytes, rangeBytes);
    if (range === undefined) return undefined;
    const view = viewOf(range);
    const offset = (view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32) * sectorBytes;
    const sectors = view.getUint32(8, true);
    // Bit 0 allows to unmap, others are reserved.
    if (view.getUint32(12, true) > 1) return outcome.unsupported;
    const sizeBytes = sectors * sectorBytes;
    if (this.#storage.readOnly || sectors > mostZeroSectors || !this.#contains(offset, sizeBytes))
      return outcome.ioError;
    const zeroes = new Uint8Array(Math.min(pieceBytes, sizeBytes));
    for (let at = 0; at < sizeBytes; at += pieceBytes)
      this.#storage.write(offset + at, zeroes.subarray(0, sizeBytes - at));
    return outcome.ok;
  }

  /** A driver that doesn't flush gets a write-through cache (5.2.5.2). */
  #changed(ended: Outcome | undefined): Outcome | undefined {
    if (ended === outcome.ok && !this.#host.has(feature.flush)) this.#storage.flush();
    return ended;
  }

  /** Whether the disk has a range of whole sectors. */
  #contains(offset: number, sizeBytes: number): boolean {
    return sizeBytes % sectorBytes === 0 && offset + sizeBytes <= this.#storage.sizeBytes;
  }
}

/** The configuration space (5.2.4). */
function configurationOf({ sizeBytes }: BlockStorage): Uint8Array {
  const bytes = new Uint8Array(60);
  const view = viewOf(bytes);
  const sectors = sizeBytes / sectorBytes;
  view.setUint32(0, sectors >>> 0, true);
  view.setUint32(4, Math.floor(sectors / 2 ** 32), true);
  // A request needs two descriptors more: its header and its status.
  view.setUint32(12, queueSize - 2, true);
  view.setUint32(20, sectorBytes, true);
  view.setUint32(48, mostZeroSectors, true);
  view.setUint32(52, 1, true);
  return bytes;
}
