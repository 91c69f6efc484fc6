/** What a virtio device is to its transport, and what it is given: types only. */
import type { DeviceEvent } from "../device.ts";

/**
 * Guest memory that a driver handed to the device for one request: what the device may read, then
 * what it may write, each as if it were contiguous.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 2.6 and 2.7.5
 */
export interface BufferChain {
  /** Bytes that the device may read. */
  readonly readableBytes: number;
  /** Bytes that the device may write. */
  readonly writableBytes: number;
  /** A copy of readable bytes. Undefined, and the request is over, if they are not all in RAM. */
  read(offset: number, sizeBytes: number): Uint8Array | undefined;
  /** Writes into the writable bytes. False, and the request is over, if they are not all in RAM. */
  write(offset: number, bytes: Uint8Array): boolean;
  /** Gives the buffers back to the driver, with the number of bytes written from the first on. */
  complete(writtenBytes: number): void;
  /** The driver broke a rule: the device stops and asks to be reset. */
  reject(detail: string): void;
}

/** What a {@link VirtioModel} is given by its transport. */
export interface VirtioHost {
  /** Whether the driver has set the device up, and the device doesn't wait to be reset. */
  readonly isRunning: boolean;
  /** Whether the driver has accepted the feature with that bit number. */
  has(feature: number): boolean;
  /**
   * The driver's next request in a queue. Undefined if there is none, if the device is not running
   * (yet), or if it is other work's turn: then `notify` is called again.
   */
  take(queue: number): BufferChain | undefined;
  /** The configuration space changed: tells the driver. */
  configurationChanged(): void;
  /** Reports an event of this device. */
  observe(kind: DeviceEvent["kind"], detail: string): void;
}

/** What a virtio device does, apart from how a driver reaches it. */
export interface VirtioModel {
  /** The model, for people: `"virtio-blk"`. */
  readonly name: string;
  /** The device id of chapter 5. */
  readonly deviceId: number;
  /** The numbers of the feature bits that it offers beyond those of the transport. */
  readonly features: readonly number[];
  /** The greatest size of each queue, a power of two up to 32768. */
  readonly queueSizes: readonly number[];
  /** The device-specific configuration space as it is now; little endian. */
  configuration(): Uint8Array;
  /** The driver wrote into the configuration space; false if nothing there is writable. */
  configure?(offset: number, bytes: Uint8Array): boolean;
  /** The driver has made requests available in a queue. */
  notify(queue: number): void;
  /** All but what the transport keeps, as plain data. */
  state(): unknown;
  /** @throws DeviceStateError if it is not the state of such a model. */
  restore(state: unknown): void;
  /** Back to power-on, as when the driver writes zero to the status register. */
  reset(): void;
}

/** Makes a model: what a transport is built around. */
export type VirtioModelFactory = (host: VirtioHost) => VirtioModel;
