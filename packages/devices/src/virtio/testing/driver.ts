/** A small virtio driver for tests: lays out split queues in memory and makes requests. */
import type { Device } from "../../device.ts";
import { viewOf } from "../little-endian.ts";
import { memoryBase, type TestMachine } from "./test-machine.ts";

/** Offsets of registers (4.2.2). */
export const register = {
  deviceId: 0x008,
  deviceFeatures: 0x010,
  deviceFeaturesSelect: 0x014,
  driverFeatures: 0x020,
  driverFeaturesSelect: 0x024,
  queueSelect: 0x030,
  queueMaximum: 0x034,
  queueSize: 0x038,
  queueReady: 0x044,
  queueNotify: 0x050,
  interruptStatus: 0x060,
  interruptAcknowledge: 0x064,
  status: 0x070,
  descriptorArea: 0x080,
  driverArea: 0x090,
  deviceArea: 0x0a0,
  generation: 0x0fc,
  configuration: 0x100,
} as const;

/** Feature bits of every device. */
export const common: Readonly<Record<"indirect" | "eventIndex" | "version1", bigint>> = {
  indirect: 1n << 28n,
  eventIndex: 1n << 29n,
  version1: 1n << 32n,
};

/** Flags of a descriptor. */
export const flag = { next: 1, write: 2, indirect: 4 } as const;

/** What a test driver knows of a queue. */
export interface TestQueue {
  readonly index: number;
  readonly size: number;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
  /** Descriptors that are in no chain; first in, first out, so that chains jump about. */
  readonly free: number[];
  /** The buffers of each chain in flight, by its head. */
  readonly inFlight: Map<number, Buffers>;
  nextAvailable: number;
  nextUsed: number;
}

interface Buffers {
  readonly indices: readonly number[];
  readonly writable: readonly { readonly address: number; readonly sizeBytes: number }[];
}

/** A chain that came back. */
export interface UsedChain {
  readonly head: number;
  readonly writtenBytes: number;
  /** All writable bytes of the chain. */
  readonly bytes: Uint8Array;
}

/** A driver of one device. */
export class TestDriver {
  readonly device: Device;
  readonly machine: TestMachine;
  readonly queues: TestQueue[] = [];
  #nextFree = memoryBase;
  #hasEventIndex = false;

  constructor(device: Device, machine: TestMachine) {
    this.device = device;
    this.machine = machine;
  }

  get(offset: number): number {
    return Number(this.device.read(offset, 4));
  }

  set(offset: number, value: number): void {
    this.device.write(offset, 4, BigInt(value >>> 0));
  }

  /** All that the device offers. */
  offered(): bigint {
    this.set(register.deviceFeaturesSelect, 0);
    const low = this.get(register.deviceFeatures);
    this.set(register.deviceFeaturesSelect, 1);
    return BigInt(low) | (BigInt(this.get(register.deviceFeatures)) << 32n);
  }

  /** Initialises the device (3.1.1): its queues get the sizes that are given. */
  start(queueSizes: readonly number[], features: bigint = this.offered()): this {
    this.set(register.status, 0);
    this.set(register.status, 1);
    this.set(register.status, 3);
    for (const half of [0, 1]) {
      this.set(register.driverFeaturesSelect, half);
      this.set(register.driverFeatures, Number(BigInt.asUintN(32, features >> BigInt(32 * half))));
    }
    this.#hasEventIndex = (features & common.eventIndex) !== 0n;
    this.set(register.status, 11);
    for (const [index, size] of queueSizes.entries()) this.queues[index] = this.#setUp(index, size);
    this.set(register.status, 15);
    return this;
  }

  /** The same driver, of a device that has taken the other's place. */
  movedTo(device: Device): TestDriver {
    const driver = new TestDriver(device, this.machine);
    driver.queues.push(...this.queues);
    driver.#nextFree = this.#nextFree;
    driver.#hasEventIndex = this.#hasEventIndex;
    return driver;
  }

  allocate(sizeBytes: number, alignment = 16): number {
    const address = Math.ceil(this.#nextFree / alignment) * alignment;
    this.#nextFree = address + sizeBytes;
    return address;
  }

  queue(index: number): TestQueue {
    const queue = this.queues[index];
    if (queue === undefined) throw new Error(`no queue ${index}`);
    return queue;
  }

  /** Makes a chain available, without a notification; its head. */
  offer(
    index: number,
    readable: readonly Uint8Array[],
    writable: readonly number[],
    indirect = false,
  ): number {
    const queue = this.queue(index);
    const buffers = [
      ...readable.map((bytes) => {
        const address = this.allocate(bytes.length, 1);
        this.machine.bytes.set(bytes, address - memoryBase);
        return { address, sizeBytes: bytes.length, flags: 0 };
      }),
      ...writable.map((sizeBytes) => {
        const address = this.allocate(sizeBytes, 1);
        return { address, sizeBytes, flags: flag.write };
      }),
    ];
    const wanted = indirect ? 1 : buffers.length;
    const indices = queue.free.splice(0, wanted);
    const [head] = indices;
    if (head === undefined || indices.length < wanted) throw new Error("no free descriptor");
    if (indirect) {
      const table = this.allocate(16 * buffers.length);
      const inner = buffers.map((_, at) => at);
      this.#link(table, inner, buffers);
      const sizeBytes = 16 * buffers.length;
      this.describe(queue.descriptors, head, table, sizeBytes, flag.indirect, 0);
    } else {
      this.#link(queue.descriptors, indices, buffers);
    }
    queue.inFlight.set(head, { indices, writable: buffers.filter(({ flags }) => flags !== 0) });
    this.makeAvailable(queue, head);
    return head;
  }

  /** Writes a descriptor. */
  describe(
    table: number,
    index: number,
    address: number,
    sizeBytes: number,
    flags: number,
    next: number,
  ): void {
    const view = this.view(table + 16 * index);
    view.setUint32(0, address >>> 0, true);
    view.setUint32(4, Math.floor(address / 2 ** 32), true);
    view.setUint32(8, sizeBytes, true);
    view.setUint16(12, flags, true);
    view.setUint16(14, next, true);
  }

  /** Puts a head into the available ring. */
  makeAvailable(queue: TestQueue, head: number): void {
    const view = this.view(queue.available);
    view.setUint16(4 + 2 * (queue.nextAvailable % queue.size), head, true);
    queue.nextAvailable = (queue.nextAvailable + 1) & 0xffff;
    view.setUint16(2, queue.nextAvailable, true);
  }

  notify(index: number): void {
    this.set(register.queueNotify, index);
  }

  /** Takes back what the device has used. */
  collect(index: number): UsedChain[] {
    const queue = this.queue(index);
    const used = this.view(queue.used);
    const chains: UsedChain[] = [];
    for (; queue.nextUsed !== used.getUint16(2, true); ) {
      const entry = 4 + 8 * (queue.nextUsed % queue.size);
      const head = used.getUint32(entry, true);
      const buffers = queue.inFlight.get(head);
      if (buffers === undefined) throw new Error(`the device used ${head}, which is not in flight`);
      queue.inFlight.delete(head);
      queue.free.push(...buffers.indices);
      queue.nextUsed = (queue.nextUsed + 1) & 0xffff;
      const pieces = buffers.writable.map(({ address, sizeBytes }) =>
        this.bytes(address, sizeBytes),
      );
      const bytes = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
      chains.push({ head, writtenBytes: used.getUint32(entry + 4, true), bytes });
    }
    if (this.#hasEventIndex)
      this.view(queue.available).setUint16(4 + 2 * queue.size, queue.nextUsed, true);
    return chains;
  }

  /** One request from start to end; its memory is free for others afterwards. */
  request(
    index: number,
    readable: readonly Uint8Array[],
    writable: readonly number[],
    indirect = false,
  ): UsedChain {
    const mark = this.#nextFree;
    this.offer(index, readable, writable, indirect);
    this.notify(index);
    const [chain] = this.collect(index);
    this.#nextFree = mark;
    if (chain === undefined) throw new Error("the request did not complete");
    return chain;
  }

  /** Acknowledges what the device signals. */
  acknowledge(): number {
    const bits = this.get(register.interruptStatus);
    this.set(register.interruptAcknowledge, bits);
    return bits;
  }

  /** Memory from an address on. */
  view(address: number): DataView {
    return viewOf(this.machine.bytes.subarray(address - memoryBase));
  }

  bytes(address: number, sizeBytes: number): Uint8Array {
    return this.machine.bytes.slice(address - memoryBase, address - memoryBase + sizeBytes);
  }

  #setUp(index: number, size: number): TestQueue {
    const descriptors = this.allocate(16 * size);
    const available = this.allocate(6 + 2 * size);
    const used = this.allocate(6 + 8 * size);
    this.set(register.queueSelect, index);
    this.set(register.queueSize, size);
    this.set(register.descriptorArea, descriptors);
    this.set(register.driverArea, available);
    this.set(register.deviceArea, used);
    this.set(register.queueReady, 1);
    const free = Array.from({ length: size }, (_, at) => at);
    const areas = { descriptors, available, used };
    return { index, size, ...areas, free, inFlight: new Map(), nextAvailable: 0, nextUsed: 0 };
  }

  #link(
    table: number,
    indices: readonly number[],
    buffers: readonly { address: number; sizeBytes: number; flags: number }[],
  ): void {
    for (const [at, { address, sizeBytes, flags }] of buffers.entries()) {
      const next = indices[at + 1];
      const all = flags | (next === undefined ? 0 : flag.next);
      this.describe(table, indices[at] ?? 0, address, sizeBytes, all, next ?? 0);
    }
  }
}
