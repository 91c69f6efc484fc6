/**
 * A virtio device as every transport has it: its status, negotiation, queues and interrupts around
 * a model.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 2 and 3
 */
import type { DeviceEvent, DeviceServices } from "../device.ts";
import { StateReader } from "../state-reader.ts";
import { DriverFeatures, feature } from "./features.ts";
import type { BufferChain, VirtioHost, VirtioModel, VirtioModelFactory } from "./model.ts";
import { SplitQueue } from "./split-queue.ts";
import { Turn } from "./turn.ts";

/** Bits of the device status (2.1). */
const status = { driverOk: 4, featuresOk: 8, needsReset: 64, failed: 128 } as const;

/** Bits of the interrupt status (4.2.2). */
const interrupt = { usedBuffer: 1, configuration: 2 } as const;

/** The device behind a transport. */
export class VirtioDevice {
  readonly model: VirtioModel;
  readonly queues: readonly SplitQueue[];
  readonly features: DriverFeatures;
  readonly #services: DeviceServices;
  readonly #turn: Turn;
  /** The register through which the driver notifies: what the events of requests refer to. */
  readonly #notifyOffset: number;
  #status = 0;
  #interruptStatus = 0;
  #generation = 0;

  constructor(services: DeviceServices, factory: VirtioModelFactory, notifyOffset: number) {
    this.#services = services;
    this.#notifyOffset = notifyOffset;
    this.model = factory(this.#host());
    this.features = new DriverFeatures(this.model.features);
    this.#turn = new Turn(services.clock, (queue) => this.#work(queue));
    this.queues = this.model.queueSizes.map((size, index) => this.#queue(index, size));
  }

  /** The device status (2.1). */
  get status(): number {
    return this.#status;
  }

  /** What the driver has not acknowledged yet: 1 used buffers, 2 a changed configuration. */
  get interruptStatus(): number {
    return this.#interruptStatus;
  }

  /** Changes whenever the configuration space does (2.5). */
  get generation(): number {
    return this.#generation;
  }

  /** The driver reports its progress (3.1.1). */
  setStatus(value: number): void {
    const before = this.#status;
    // A driver must not clear bits, and the device's own is not the driver's to set.
    this.#status = before | (value & 0xff & ~status.needsReset);
    if ((this.#status & ~before & status.featuresOk) !== 0 && !this.features.agreed())
      this.#status &= ~status.featuresOk;
    if ((this.#status & ~before & status.driverOk) === 0) return;
    // Requests may have been made available before the device was allowed to look.
    for (const [index, queue] of this.queues.entries()) if (queue.ready) this.#work(index);
  }

  /** The driver accepts the selected 32 features, until it has said that these are all. */
  acceptFeatures(bits: number): boolean {
    if ((this.#status & status.featuresOk) !== 0) return false;
    this.features.accept(bits);
    return true;
  }

  /** The driver notifies of requests in a queue; what is wrong if it can't. */
  notified(index: number): string | undefined {
    const queue = this.queues[index];
    if (queue === undefined) return "no such queue";
    if ((this.#status & status.driverOk) === 0) return "before DRIVER_OK";
    if (this.#isRunning && !queue.ready) this.#malformed(index, "it is not ready");
    else this.#work(index);
    return undefined;
  }

  acknowledge(value: number): void {
    this.#interruptStatus &= ~value;
    this.#drive();
  }

  observe(event: Omit<DeviceEvent, "device">): void {
    this.#services.observe({ device: this.model.name, ...event });
  }

  state(): unknown {
    return {
      status: this.#status,
      interruptStatus: this.#interruptStatus,
      generation: this.#generation,
      features: this.features.state(),
      queues: this.queues.map((queue) => queue.state()),
      turn: this.#turn.state(),
      model: this.model.state(),
    };
  }

  /** @throws DeviceStateError if it is not the state of such a device, which is as before then. */
  restore(state: unknown): void {
    const { name } = this.model;
    const reader = new StateReader(name, state);
    const part = (value: unknown): StateReader => new StateReader(name, value);
    const queues = reader.list("queues", this.queues.length);
    const status = reader.natural("status", 0xff);
    const interruptStatus = reader.natural("interruptStatus", 3);
    const generation = reader.natural("generation", 0xffff_ffff);
    const adopt = [
      this.features.prepare(part(reader.member("features"))),
      this.#turn.prepare(part(reader.member("turn"))),
      ...this.queues.map((queue, index) => queue.prepare(part(queues[index]))),
    ];
    this.model.restore(reader.member("model"));
    for (const each of adopt) each();
    this.#status = status;
    this.#interruptStatus = interruptStatus;
    this.#generation = generation;
    this.#drive();
  }

  reset(): void {
    this.#status = 0;
    this.#interruptStatus = 0;
    this.#generation = 0;
    this.features.reset();
    for (const queue of this.queues) queue.reset();
    this.#turn.reset();
    this.model.reset();
    this.#drive();
  }

  #host(): VirtioHost {
    const isRunning = (): boolean => this.#isRunning;
    return {
      get isRunning() {
        return isRunning();
      },
      has: (bit) => this.features.has(bit),
      take: (queue) => this.#take(queue),
      configurationChanged: () => this.#configurationChanged(),
      observe: (kind, detail) => this.observe({ kind, offset: this.#notifyOffset, detail }),
    };
  }

  #queue(index: number, maximumSize: number): SplitQueue {
    return new SplitQueue(index, maximumSize, {
      memory: this.#services.memory,
      hasIndirect: () => this.features.has(feature.indirectDescriptors),
      hasEventIndex: () => this.features.has(feature.eventIndex),
      interrupt: () => this.#interrupt(interrupt.usedBuffer),
      malformed: (queue, detail) => this.#malformed(queue, detail),
    });
  }

  get #isRunning(): boolean {
    const { driverOk, needsReset, failed } = status;
    return (this.#status & (driverOk | needsReset | failed)) === driverOk;
  }

  #work(queue: number): void {
    if (this.#isRunning) this.#turn.run(() => this.model.notify(queue));
  }

  #take(index: number): BufferChain | undefined {
    const queue = this.queues[index];
    if (queue === undefined || !this.#isRunning || this.#turn.isOver(index)) return undefined;
    const chain = queue.take();
    if (chain !== undefined) this.#turn.count(chain.readableBytes + chain.writableBytes);
    return chain;
  }

  /** The device can't go on (2.1.2). */
  #malformed(queue: number, detail: string): void {
    this.observe({
      kind: "malformedQueue",
      offset: this.#notifyOffset,
      value: BigInt(queue),
      detail,
    });
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

  #drive(): void {
    this.#services.interrupt().set(this.#interruptStatus !== 0);
  }
}
