/**
 * Split virtqueues, the device's side.
 *
 * The rings are guest memory; what the device keeps is where it is in them. Each request is put
 * into the used ring when it completes, and the driver interrupted if it wants to be.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 2.7
 */
import type { DmaMemory } from "../device.ts";
import type { StateReader } from "../state-reader.ts";
import { type Segments, walkChain } from "./descriptors.ts";
import { bytesOf16, viewOf } from "./little-endian.ts";
import type { BufferChain } from "./model.ts";
import { bytesOf, gather, scatter } from "./segments.ts";

/** The three areas of a queue (2.7), as the transport names them. */
export type QueueArea = "descriptor" | "driver" | "device";

/** The required alignment of each area, in bytes (2.7). */
const alignment: Readonly<Record<QueueArea, number>> = { descriptor: 16, driver: 2, device: 4 };

/** What a queue is given by its transport. */
export interface QueueContext {
  readonly memory: DmaMemory;
  /** Whether VIRTIO_F_INDIRECT_DESC was negotiated. */
  hasIndirect(): boolean;
  /** Whether VIRTIO_F_EVENT_IDX was negotiated. */
  hasEventIndex(): boolean;
  /** Tells the driver that buffers were used. */
  interrupt(): void;
  /** The driver broke a rule; the device stops. */
  malformed(queue: number, detail: string): void;
}

/** A queue as the transport configures it, and the device takes requests from it. */
export class SplitQueue {
  readonly maximumSize: number;
  readonly #index: number;
  readonly #context: QueueContext;
  #size = 0;
  #ready = false;
  #areas: Record<QueueArea, readonly [low: number, high: number]> = noAreas();
  /** The available entry that is taken next, modulo 2^16. */
  #nextAvailable = 0;
  /** The used entry that is written next, modulo 2^16. */
  #nextUsed = 0;

  constructor(index: number, maximumSize: number, context: QueueContext) {
    this.#index = index;
    this.maximumSize = maximumSize;
    this.#context = context;
    this.reset();
  }

  /** Whether the driver has said that the queue can be used. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Sets the number of entries; false if it can't have that many. */
  resize(size: number): boolean {
    if (this.#ready || size > this.maximumSize || !isPowerOfTwo(size)) return false;
    this.#size = size;
    return true;
  }

  /** Sets half of an area's address; false while the queue is in use. */
  place(area: QueueArea, half: 0 | 1, value: number): boolean {
    if (this.#ready) return false;
    const [low, high] = this.#areas[area];
    this.#areas[area] = half === 0 ? [value, high] : [low, value];
    return true;
  }

  /** Starts the queue, or stops it. */
  setReady(ready: boolean): void {
    if (ready && !this.#ready) {
      this.#nextAvailable = 0;
      this.#nextUsed = 0;
      const wrong = this.#misplaced();
      if (wrong !== undefined) return this.#context.malformed(this.#index, wrong);
    }
    this.#ready = ready;
  }

  /** The next request, or undefined if there is none. */
  take(): BufferChain | undefined {
    if (!this.#ready) return undefined;
    const index = this.#read16("driver", 2);
    if (index === undefined) return undefined;
    const pending = (index - this.#nextAvailable) & 0xffff;
    if (pending === 0) return this.#askForNotification();
    if (pending > this.#size)
      return this.#malformed(`${pending} requests in ${this.#size} entries`);
    const head = this.#read16("driver", 4 + 2 * (this.#nextAvailable % this.#size));
    if (head === undefined) return undefined;
    const { memory } = this.#context;
    const maximumIndirect = this.#context.hasIndirect() ? this.maximumSize : 0;
    const table = { memory, address: this.#address("descriptor"), size: this.#size };
    const segments = walkChain({ ...table, maximumIndirect }, head);
    if (typeof segments === "string") return this.#malformed(segments);
    this.#nextAvailable = (this.#nextAvailable + 1) & 0xffff;
    return this.#chain(head, segments);
  }

  state(): unknown {
    return {
      size: this.#size,
      ready: this.#ready,
      ...this.#areas,
      nextAvailable: this.#nextAvailable,
      nextUsed: this.#nextUsed,
    };
  }

  /**
   * Checks a state; the function that is returned takes it back.
   *
   * @throws DeviceStateError if it is not the state of such a queue.
   */
  prepare(state: StateReader): () => void {
    const area = (name: QueueArea): readonly [number, number] => {
      const [low = 0, high = 0] = state.naturals(name, 2, 0xffff_ffff);
      return [low, high];
    };
    const size = state.natural("size", this.maximumSize);
    if (!isPowerOfTwo(size)) state.fail("size", "a power of two");
    const ready = state.boolean("ready");
    const areas = {
      descriptor: area("descriptor"),
      driver: area("driver"),
      device: area("device"),
    };
    const nextAvailable = state.natural("nextAvailable", 0xffff);
    const nextUsed = state.natural("nextUsed", 0xffff);
    return () => {
      this.#size = size;
      this.#ready = ready;
      this.#areas = areas;
      this.#nextAvailable = nextAvailable;
      this.#nextUsed = nextUsed;
    };
  }

  reset(): void {
    this.#size = this.maximumSize;
    this.#ready = false;
    this.#areas = noAreas();
    this.#nextAvailable = 0;
    this.#nextUsed = 0;
  }

  #chain(head: number, { readable, writable }: Segments): BufferChain {
    const { memory } = this.#context;
    let isOver = false;
    const reject = (detail: string): undefined => {
      if (!isOver) this.#malformed(detail);
      isOver = true;
    };
    return {
      readableBytes: bytesOf(readable),
      writableBytes: bytesOf(writable),
      read: (offset, sizeBytes) =>
        gather(memory, readable, offset, sizeBytes) ?? reject("a readable buffer outside of RAM"),
      write: (offset, bytes) => {
        const done = scatter(memory, writable, offset, bytes);
        if (!done) reject("a writable buffer outside of RAM");
        return done;
      },
      complete: (writtenBytes) => {
        if (!isOver && this.#ready) this.#use(head, writtenBytes);
        isOver = true;
      },
      reject,
    };
  }

  /** Puts a chain into the used ring (2.7.8). */
  #use(head: number, writtenBytes: number): void {
    const entry = new Uint8Array(8);
    const view = viewOf(entry);
    view.setUint32(0, head, true);
    view.setUint32(4, writtenBytes, true);
    const used = this.#nextUsed;
    this.#nextUsed = (used + 1) & 0xffff;
    const done =
      this.#write("device", 4 + 8 * (used % this.#size), entry) &&
      this.#write("device", 2, bytesOf16(this.#nextUsed));
    if (done && this.#wantsInterrupt(used)) this.#context.interrupt();
  }

  /** Whether the driver wants to know that the used entry was written (2.7.7.2). */
  #wantsInterrupt(used: number): boolean {
    if (this.#context.hasEventIndex())
      return this.#read16("driver", 4 + 2 * this.#size) === (used & 0xffff);
    const flags = this.#read16("driver", 0);
    return flags !== undefined && (flags & 1) === 0;
  }

  /** Asks to be notified of the next request (2.7.10). */
  #askForNotification(): undefined {
    if (this.#context.hasEventIndex())
      this.#write("device", 4 + 8 * this.#size, bytesOf16(this.#nextAvailable));
  }

  #read16(area: QueueArea, offset: number): number | undefined {
    const bytes = this.#context.memory.read(this.#address(area) + offset, 2);
    return bytes === undefined
      ? this.#malformed(`its ${area} area is outside of RAM`)
      : viewOf(bytes).getUint16(0, true);
  }

  #write(area: QueueArea, offset: number, bytes: Uint8Array): boolean {
    const done = this.#context.memory.write(this.#address(area) + offset, bytes);
    if (!done) this.#malformed(`its ${area} area is outside of RAM`);
    return done;
  }

  #address(area: QueueArea): number {
    const [low, high] = this.#areas[area];
    return low + high * 2 ** 32;
  }

  /** What is wrong with the areas' addresses. */
  #misplaced(): string | undefined {
    for (const area of ["descriptor", "driver", "device"] as const) {
      const address = this.#address(area);
      if (address % alignment[area] !== 0) return `its ${area} area is not aligned`;
      // An area has fewer than 2^20 bytes.
      if (!Number.isSafeInteger(address + 2 ** 20)) return `its ${area} area is outside of RAM`;
    }
    return undefined;
  }

  #malformed(detail: string): undefined {
    this.#context.malformed(this.#index, detail);
  }
}

function noAreas(): Record<QueueArea, readonly [low: number, high: number]> {
  return { descriptor: [0, 0], driver: [0, 0], device: [0, 0] };
}

function isPowerOfTwo(value: number): boolean {
  return value !== 0 && (value & (value - 1)) === 0;
}
