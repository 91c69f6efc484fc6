/**
 * The MMIO transport of virtio devices, register layout version 2.
 *
 * Registers are 32 bits wide. Other widths at them read as zero and write nothing, and one of 64
 * bits is two of 32, as QEMU has it.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 4.2, 2.1 and 3
 */
import type { AccessBytes, Device, DeviceEvent, DeviceFactory, DeviceServices } from "../device.ts";
import { StateReader } from "../state-reader.ts";
import { DriverFeatures, feature } from "./features.ts";
import type { BufferChain, VirtioHost, VirtioModel, VirtioModelFactory } from "./model.ts";
import { type QueueArea, SplitQueue } from "./split-queue.ts";
import { Turn } from "./turn.ts";

/** What {@link virtioMmio} can be told. */
export interface VirtioMmioOptions {
  /** Bytes of the address range, a multiple of 256 from 0x200 on; 0x1000 by default. */
  readonly sizeBytes?: number;
}

/** Bits of the device status (2.1). */
const status = { driverOk: 4, featuresOk: 8, needsReset: 64, failed: 128 } as const;

/** Bits of the interrupt status (4.2.2). */
const interrupt = { usedBuffer: 1, configuration: 2 } as const;

/** The register that the driver notifies through, which is what a request's events refer to. */
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
  readonly #services: DeviceServices;
  readonly #model: VirtioModel;
  readonly #queues: readonly SplitQueue[];
  readonly #turn: Turn;
  readonly #features: DriverFeatures;
  readonly #registers: Readonly<Record<number, Register>>;
  #status = 0;
  #interruptStatus = 0;
  #queueSelect = 0;
  #generation = 0;

  constructor(services: DeviceServices, factory: VirtioModelFactory, sizeBytes: number) {
    this.#services = services;
    this.sizeBytes = sizeBytes;
    this.#model = factory(this.#host());
    this.name = this.#model.name;
    this.#features = new DriverFeatures(this.#model.features);
    this.#turn = new Turn(services.clock, (queue) => this.#work(queue));
    this.#queues = this.#model.queueSizes.map((size, index) => this.#queue(index, size));
    this.#registers = this.#registerTable();
  }

  read(offset: number, width: AccessBytes): bigint {
    if (width === 8) return this.read(offset, 4) | (this.read(offset + 4, 4) << 32n);
    if (offset >= configurationBase) return this.#readConfiguration(offset, width);
    const register = width === 4 ? this.#registers[offset] : undefined;
    if (register?.read !== undefined) return BigInt(register.read() >>> 0);
    this.#observe({ kind: "unknownRegister", offset, width });
    return 0n;
  }

  write(offset: number, width: AccessBytes, value: bigint): boolean {
    if (width === 8) {
      this.write(offset, 4, value & 0xffff_ffffn);
      return this.write(offset + 4, 4, value >> 32n);
    }
    if (offset >= configurationBase) return this.#writeConfiguration(offset, width, value);
    const register = width === 4 ? this.#registers[offset] : undefined;
    if (register?.write !== undefined) register.write(Number(value));
    else this.#observe({ kind: "unknownRegister", offset, width, value });
    return true;
  }

  state(): unknown {
    return {
      status: this.#status,
      interruptStatus: this.#interruptStatus,
      queueSelect: this.#queueSelect,
      generation: this.#generation,
      features: this.#features.state(),
      queues: this.#queues.map((queue) => queue.state()),
      turn: this.#turn.state(),
      model: this.#model.state(),
    };
  }

  restore(state: unknown): void {
    const reader = new StateReader(this.name, state);
    const part = (value: unknown): StateReader => new StateReader(this.name, value);
    const queues = reader.list("queues", this.#queues.length);
    const status = reader.natural("status", 0xff);
    const interruptStatus = reader.natural("interruptStatus", 3);
    const queueSelect = reader.natural("queueSelect", 0xffff_ffff);
    const generation = reader.natural("generation", 0xffff_ffff);
    const adopt = [
      this.#features.prepare(part(reader.member("features"))),
      this.#turn.prepare(part(reader.member("turn"))),
      ...this.#queues.map((queue, index) => queue.prepare(part(queues[index]))),
    ];
    this.#model.restore(reader.member("model"));
    for (const each of adopt) each();
    this.#status = status;
    this.#interruptStatus = interruptStatus;
    this.#queueSelect = queueSelect;
    this.#generation = generation;
    this.#drive();
  }

  reset(): void {
    this.#status = 0;
    this.#interruptStatus = 0;
    this.#queueSelect = 0;
    this.#generation = 0;
    this.#features.reset();
    for (const queue of this.#queues) queue.reset();
    this.#turn.reset();
    this.#model.reset();
    this.#drive();
  }

  #host(): VirtioHost {
    const isRunning = (): boolean => this.#isRunning;
    return {
      get isRunning() {
        return isRunning();
      },
      has: (bit) => this.#features.has(bit),
      take: (queue) => this.#take(queue),
      configurationChanged: () => this.#configurationChanged(),
      observe: (kind, detail) => this.#observe({ kind, offset: notifyOffset, detail }),
    };
  }

  #queue(index: number, maximumSize: number): SplitQueue {
    return new SplitQueue(index, maximumSize, {
      memory: this.#services.memory,
      hasIndirect: () => this.#features.has(feature.indirectDescriptors),
      hasEventIndex: () => this.#features.has(feature.eventIndex),
      interrupt: () => this.#interrupt(interrupt.usedBuffer),
      malformed: (queue, detail) => this.#malformed(queue, detail),
    });
  }

  /** The registers by their offsets (4.2.2). */
  #registerTable(): Readonly<Record<number, Register>> {
    const features = this.#features;
    const constant = (value: number): Register => ({ read: () => value });
    const area = (name: QueueArea, half: 0 | 1): Register => ({
      write: (value) => this.#configureQueue(value, (queue) => queue.place(name, half, value)),
    });
    return {
      0: constant(0x7472_6976), // "virt"
      4: constant(2),
      8: constant(this.#model.deviceId),
      12: constant(0x564f_5349), // "ISOV"
      16: { read: () => features.offered() },
      20: { write: (value) => features.selectOffered(value) },
      32: { write: (value) => this.#acceptFeatures(value) },
      36: { write: (value) => features.selectAccepted(value) },
      48: { write: (value) => this.#selectQueue(value) },
      52: { read: () => this.#queues[this.#queueSelect]?.maximumSize ?? 0 },
      56: {
        write: (value) => this.#configureQueue(value, (queue) => queue.resize(value)),
      },
      68: {
        read: () => Number(this.#queues[this.#queueSelect]?.ready ?? false),
        write: (value) => this.#queues[this.#queueSelect]?.setReady((value & 1) === 1),
      },
      80: { write: (value) => this.#notified(value) },
      96: { read: () => this.#interruptStatus },
      100: { write: (value) => this.#acknowledge(value) },
      112: { read: () => this.#status, write: (value) => this.#setStatus(value) },
      128: area("descriptor", 0),
      132: area("descriptor", 1),
      144: area("driver", 0),
      148: area("driver", 1),
      160: area("device", 0),
      164: area("device", 1),
      172: { write: () => {} },
      // No shared memory regions: any has a length of -1.
      176: constant(0xffff_ffff),
      180: constant(0xffff_ffff),
      184: constant(0xffff_ffff),
      188: constant(0xffff_ffff),
      252: { read: () => this.#generation },
    };
  }

  #selectQueue(value: number): void {
    this.#queueSelect = value;
  }

  #configureQueue(value: number, set: (queue: SplitQueue) => boolean): void {
    const queue = this.#queues[this.#queueSelect];
    if (queue !== undefined && set(queue)) return;
    const detail = `not possible for queue ${this.#queueSelect} now`;
    this.#observe({ kind: "invalidValue", offset: 0x030, value: BigInt(value), detail });
  }

  #acceptFeatures(value: number): void {
    if ((this.#status & status.featuresOk) === 0) return this.#features.accept(value);
    const detail = "features after FEATURES_OK";
    this.#observe({ kind: "invalidValue", offset: 0x020, value: BigInt(value), detail });
  }

  /** The driver reports its progress (3.1.1); zero resets. */
  #setStatus(value: number): void {
    if (value === 0) return this.reset();
    const before = this.#status;
    // A driver must not clear bits, and the device's own is not the driver's to set.
    this.#status = before | (value & 0xff & ~status.needsReset);
    if ((this.#status & ~before & status.featuresOk) !== 0 && !this.#features.agreed())
      this.#status &= ~status.featuresOk;
    if ((this.#status & ~before & status.driverOk) === 0) return;
    // Requests may have been made available before the device was allowed to look.
    for (const [index, queue] of this.#queues.entries()) if (queue.ready) this.#work(index);
  }

  get #isRunning(): boolean {
    const { driverOk, needsReset, failed } = status;
    return (this.#status & (driverOk | needsReset | failed)) === driverOk;
  }

  #notified(value: number): void {
    const queue = this.#queues[value];
    if (queue === undefined || (this.#status & status.driverOk) === 0) {
      const detail = queue === undefined ? "no such queue" : "before DRIVER_OK";
      this.#observe({ kind: "invalidValue", offset: notifyOffset, value: BigInt(value), detail });
    } else if (this.#isRunning && !queue.ready) {
      this.#malformed(value, "it is not ready");
    } else {
      this.#work(value);
    }
  }

  #work(queue: number): void {
    if (this.#isRunning) this.#turn.run(() => this.#model.notify(queue));
  }

  #take(index: number): BufferChain | undefined {
    const queue = this.#queues[index];
    if (queue === undefined || !this.#isRunning || this.#turn.isOver(index)) return undefined;
    const chain = queue.take();
    if (chain !== undefined) this.#turn.count(chain.readableBytes + chain.writableBytes);
    return chain;
  }

  /** The device can't go on (2.1.2). */
  #malformed(queue: number, detail: string): void {
    this.#observe({ kind: "malformedQueue", offset: notifyOffset, value: BigInt(queue), detail });
    this.#status |= status.needsReset;
    if ((this.#status & status.driverOk) !== 0) this.#configurationChanged();
  }

  #configurationChanged(): void {
    this.#generation = (this.#generation + 1) >>> 0;
    if ((this.#status & status.driverOk) !== 0) this.#interrupt(interrupt.configuration);
  }

  #interrupt(bit: number): void {
    this.#interruptStatus |= bit;
    this.#drive();
  }

  #acknowledge(value: number): void {
    this.#interruptStatus &= ~value;
    this.#drive();
  }

  #drive(): void {
    this.#services.interrupt().set(this.#interruptStatus !== 0);
  }

  #readConfiguration(offset: number, width: AccessBytes): bigint {
    const bytes = this.#model.configuration();
    const at = offset - configurationBase;
    if (at + width > bytes.length) {
      this.#observe({ kind: "unknownRegister", offset, width });
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
    if (this.#model.configure?.(at, bytes) !== true)
      this.#observe({ kind: "unknownRegister", offset, width, value });
    return true;
  }

  #observe(event: Omit<DeviceEvent, "device">): void {
    this.#services.observe({ device: this.name, ...event });
  }
}
