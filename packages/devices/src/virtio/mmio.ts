/**
 * The MMIO transport of virtio devices, register layout version 2.
 *
 * Registers are 32 bits wide. Other widths at them read as zero and write nothing, and one of 64
 * bits is two of 32, as QEMU has it.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 4.2
 */
import type { AccessBytes, Device, DeviceFactory, DeviceServices } from "../device.ts";
import { StateReader } from "../state-reader.ts";
import type { VirtioModelFactory } from "./model.ts";
import type { QueueArea, SplitQueue } from "./split-queue.ts";
import { VirtioDevice } from "./virtio-device.ts";

/** What {@link virtioMmio} can be told. */
export interface VirtioMmioOptions {
  /** Bytes of the address range, a multiple of 256 from 0x200 on; 0x1000 by default. */
  readonly sizeBytes?: number;
}

/** Offsets of registers that are referred to by name. */
const queueSelectOffset = 0x030;
const notifyOffset = 0x050;

/** Where the configuration space starts. */
const configurationBase = 0x100;

/** A register; without `read` it reads as zero, without `write` it can't be written. */
interface Register {
  read?(): number;
  write?(value: number): void;
}

/**
 * The factory of a virtio device behind memory-mapped registers, or of an empty slot for one.
 *
 * Requests are done when the driver notifies. A driver that breaks the rules of virtqueues gets a
 * device that needs a reset, and a `malformedQueue` event says what was wrong.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 4.2
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { bytesStorage, virtioBlock, virtioMmio } from "@isovm/devices";
 *
 * const disk = virtioMmio(virtioBlock(bytesStorage(new Uint8Array(512))));
 * const device = disk({
 *   clock: { nanos: 0n, alarm: () => {} },
 *   counter: { ticks: 0n, tickNanos: 100n, set: () => {} },
 *   memory: { read: () => undefined, write: () => false },
 *   interrupt: () => ({ set: () => {} }),
 *   observe: (event) => assert.fail(event.detail),
 * });
 * assert.equal(device.read(0x000, 4), 0x74726976n);
 * assert.equal(device.read(0x100, 8), 1n); // Sectors of the disk.
 * ```
 */
export function virtioMmio(
  model?: VirtioModelFactory,
  { sizeBytes = 0x1000 }: VirtioMmioOptions = {},
): DeviceFactory {
  return (services) => new VirtioMmio(services, model ?? emptySlot, sizeBytes);
}

const emptySlot: VirtioModelFactory = () => ({
  name: "virtio-empty",
  deviceId: 0,
  features: [],
  queueSizes: [],
  configuration: () => new Uint8Array(),
  notify: () => {},
  state: () => null,
  restore: () => {},
  reset: () => {},
});

class VirtioMmio implements Device {
  readonly name: string;
  readonly sizeBytes: number;
  readonly #device: VirtioDevice;
  readonly #registers: ReadonlyMap<number, Register>;
  #queueSelect = 0;

  constructor(services: DeviceServices, factory: VirtioModelFactory, sizeBytes: number) {
    this.sizeBytes = sizeBytes;
    this.#device = new VirtioDevice(services, factory, notifyOffset);
    this.name = this.#device.model.name;
    this.#registers = this.#registerTable();
  }

  read(offset: number, width: AccessBytes): bigint {
    if (width === 8) return this.read(offset, 4) | (this.read(offset + 4, 4) << 32n);
    if (offset >= configurationBase) return this.#readConfiguration(offset, width);
    const register = width === 4 ? this.#registers.get(offset) : undefined;
    if (register?.read !== undefined) return BigInt(register.read() >>> 0);
    this.#device.observe({ kind: "unknownRegister", offset, width });
    return 0n;
  }

  write(offset: number, width: AccessBytes, value: bigint): boolean {
    if (width === 8) {
      this.write(offset, 4, value & 0xffff_ffffn);
      return this.write(offset + 4, 4, value >> 32n);
    }
    if (offset >= configurationBase) return this.#writeConfiguration(offset, width, value);
    const register = width === 4 ? this.#registers.get(offset) : undefined;
    if (register?.write !== undefined) register.write(Number(value));
    else this.#device.observe({ kind: "unknownRegister", offset, width, value });
    return true;
  }

  state(): unknown {
    return { queueSelect: this.#queueSelect, device: this.#device.state() };
  }

  restore(state: unknown): void {
    const reader = new StateReader(this.name, state);
    const queueSelect = reader.natural("queueSelect", 0xffff_ffff);
    this.#device.restore(reader.member("device"));
    this.#queueSelect = queueSelect;
  }

  reset(): void {
    this.#queueSelect = 0;
    this.#device.reset();
  }

  /** The registers by their offsets (4.2.2). */
  #registerTable(): ReadonlyMap<number, Register> {
    const device = this.#device;
    const { features, model } = device;
    const constant = (value: number): Register => ({ read: () => value });
    const area = (name: QueueArea, half: 0 | 1): Register => ({
      write: (value) => this.#configureQueue(value, (queue) => queue.place(name, half, value)),
    });
    const ready: Register = {
      read: () => Number(this.#queue?.ready ?? false),
      write: (value) => this.#queue?.setReady((value & 1) === 1),
    };
    return new Map<number, Register>([
      [0x000, constant(0x7472_6976)], // "virt"
      [0x004, constant(2)],
      [0x008, constant(model.deviceId)],
      [0x00c, constant(0x564f_5349)], // "ISOV"
      [0x010, { read: () => features.offered() }],
      [0x014, { write: (value) => features.selectOffered(value) }],
      [0x020, { write: (value) => this.#acceptFeatures(value) }],
      [0x024, { write: (value) => features.selectAccepted(value) }],
      [queueSelectOffset, { write: (value) => this.#selectQueue(value) }],
      [0x034, { read: () => this.#queue?.maximumSize ?? 0 }],
      [0x038, { write: (value) => this.#configureQueue(value, (queue) => queue.resize(value)) }],
      [0x044, ready],
      [notifyOffset, { write: (value) => this.#notified(value) }],
      [0x060, { read: () => device.interruptStatus }],
      [0x064, { write: (value) => device.acknowledge(value) }],
      [0x070, { read: () => device.status, write: (value) => this.#setStatus(value) }],
      [0x080, area("descriptor", 0)],
      [0x084, area("descriptor", 1)],
      [0x090, area("driver", 0)],
      [0x094, area("driver", 1)],
      [0x0a0, area("device", 0)],
      [0x0a4, area("device", 1)],
      [0x0ac, { write: () => {} }],
      // No shared memory regions: any has a length of -1.
      [0x0b0, constant(0xffff_ffff)],
      [0x0b4, constant(0xffff_ffff)],
      [0x0b8, constant(0xffff_ffff)],
      [0x0bc, constant(0xffff_ffff)],
      [0x0fc, { read: () => device.generation }],
    ]);
  }

  get #queue(): SplitQueue | undefined {
    return this.#device.queues[this.#queueSelect];
  }

  #selectQueue(index: number): void {
    this.#queueSelect = index;
  }

  #configureQueue(value: number, set: (queue: SplitQueue) => boolean): void {
    const queue = this.#queue;
    if (queue === undefined || !set(queue))
      this.#invalid(queueSelectOffset, value, `not possible for queue ${this.#queueSelect} now`);
  }

  #acceptFeatures(bits: number): void {
    if (!this.#device.acceptFeatures(bits)) this.#invalid(0x020, bits, "after FEATURES_OK");
  }

  /** The driver reports its progress; zero resets (3.1.1). */
  #setStatus(value: number): void {
    if (value === 0) this.reset();
    else this.#device.setStatus(value);
  }

  #notified(queue: number): void {
    const wrong = this.#device.notified(queue);
    if (wrong !== undefined) this.#invalid(notifyOffset, queue, wrong);
  }

  #invalid(offset: number, value: number, detail: string): void {
    this.#device.observe({ kind: "invalidValue", offset, value: BigInt(value), detail });
  }

  #readConfiguration(offset: number, width: AccessBytes): bigint {
    const bytes = this.#device.model.configuration();
    const at = offset - configurationBase;
    if (at + width > bytes.length) {
      this.#device.observe({ kind: "unknownRegister", offset, width });
      return (1n << BigInt(8 * width)) - 1n;
    }
    let value = 0n;
    for (let byte = width - 1; byte >= 0; byte--)
      value = (value << 8n) | BigInt(bytes[at + byte] ?? 0);
    return value;
  }

  #writeConfiguration(offset: number, width: AccessBytes, value: bigint): boolean {
    const bytes = Uint8Array.from({ length: width }, (_, byte) =>
      Number((value >> BigInt(8 * byte)) & 0xffn),
    );
    const at = offset - configurationBase;
    if (this.#device.model.configure?.(at, bytes) !== true)
      this.#device.observe({ kind: "unknownRegister", offset, width, value });
    return true;
  }
}
