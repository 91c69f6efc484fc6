/**
 * The virtio network device: one pair of queues, no offloads.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 5.1
 */
import { encodeBase64 } from "../base64.ts";
import { parseMac } from "../network/mac-address.ts";
import type { NetworkLink } from "../network/network-link.ts";
import { StateReader } from "../state-reader.ts";
import { feature as transportFeature } from "./features.ts";
import type { BufferChain, VirtioHost, VirtioModel, VirtioModelFactory } from "./model.ts";

/** What {@link virtioNetwork} has to be told. */
export interface VirtioNetworkOptions {
  /** The address of the device: `"52:54:00:12:34:56"`. */
  readonly mac: string;
  /** Frames that wait until the guest has buffers for them: 256 by default. Others are dropped. */
  readonly waitingFrames?: number;
}

/** Numbers of feature bits (5.1.3). */
const feature = { mac: 5, status: 16 } as const;

/** Queues (5.1.2). */
const receiveQueue = 0;
const transmitQueue = 1;
const queueSize = 256;

/** The bit of the configuration's status that says that the link is up (5.1.4). */
const linkUp = 1;

/** A frame has an Ethernet header at least; at most that, a VLAN tag and 64 KiB of payload. */
const leastFrameBytes = 14;
const mostFrameBytes = 18 + 65_535;

/**
 * The factory of a network device on a link. Frames that arrive before the guest's driver runs are
 * dropped; those that find no buffer wait.
 *
 * @throws MacAddressError if the address is not one of a single station.
 * @see Virtual I/O Device (VIRTIO) 1.3, 5.1
 */
export function virtioNetwork(
  link: NetworkLink,
  { mac, waitingFrames = 256 }: VirtioNetworkOptions,
): VirtioModelFactory {
  const address = parseMac(mac);
  return (host) => {
    const model = new VirtioNetwork(host, link, address, waitingFrames);
    link.onReceive((frame) => model.receive(frame));
    return model;
  };
}

class VirtioNetwork implements VirtioModel {
  readonly name: string = "virtio-net";
  readonly deviceId: number = 1;
  readonly features: readonly number[] = Object.values(feature);
  readonly queueSizes: readonly number[] = [queueSize, queueSize];
  readonly #host: VirtioHost;
  readonly #link: NetworkLink;
  readonly #configuration: Uint8Array;
  readonly #mostWaiting: number;
  /** Frames for which the guest has no buffer yet. */
  #waiting: Uint8Array[] = [];
  /** Frames that did not fit, from either side. */
  #dropped = 0;

  constructor(host: VirtioHost, link: NetworkLink, mac: Uint8Array, mostWaiting: number) {
    this.#host = host;
    this.#link = link;
    this.#mostWaiting = mostWaiting;
    this.#configuration = Uint8Array.of(...mac, linkUp, 0);
  }

  configuration(): Uint8Array {
    return this.#configuration;
  }

  notify(queue: number): void {
    if (queue === receiveQueue) this.#deliver();
    else this.#transmit();
  }

  /** Takes a frame for the guest. */
  receive(frame: Uint8Array): void {
    const fits = frame.length <= mostFrameBytes && this.#waiting.length < this.#mostWaiting;
    if (fits && this.#host.isRunning) this.#waiting.push(frame);
    else this.#dropped++;
    this.#deliver();
  }

  state(): unknown {
    return { waiting: this.#waiting.map(encodeBase64), dropped: this.#dropped };
  }

  restore(state: unknown): void {
    const reader = new StateReader(this.name, state);
    const frames = reader.list("waiting", this.#mostWaiting);
    const waiting = frames.map((_, at) =>
      new StateReader(this.name, frames).bytes(String(at), mostFrameBytes),
    );
    this.#dropped = reader.natural("dropped", Number.MAX_SAFE_INTEGER);
    this.#waiting = waiting;
  }

  reset(): void {
    this.#waiting = [];
    this.#dropped = 0;
  }

  /** Bytes of the header before each frame, which old drivers know a shorter form of (5.1.6). */
  get #headerBytes(): number {
    return this.#host.has(transportFeature.version1) ? 12 : 10;
  }

  /** Gives waiting frames to the guest as long as it has buffers. */
  #deliver(): void {
    while (this.#waiting.length > 0) {
      const chain = this.#host.take(receiveQueue);
      if (chain === undefined) return;
      const frame = this.#waiting.shift();
      if (frame !== undefined) this.#fill(chain, frame);
    }
  }

  /** Writes a frame into a buffer; one that is too small comes back empty. */
  #fill(chain: BufferChain, frame: Uint8Array): void {
    const bytes = new Uint8Array(this.#headerBytes + frame.length);
    // One buffer holds it all (5.1.6.4.1).
    if (this.#headerBytes === 12) bytes[10] = 1;
    bytes.set(frame, this.#headerBytes);
    if (bytes.length > chain.writableBytes) {
      this.#dropped++;
      chain.complete(0);
    } else if (chain.write(0, bytes)) {
      chain.complete(bytes.length);
    }
  }

  #transmit(): void {
    for (;;) {
      const chain = this.#host.take(transmitQueue);
      if (chain === undefined) return;
      const frameBytes = chain.readableBytes - this.#headerBytes;
      if (frameBytes < 0) return chain.reject(`a frame of ${frameBytes} bytes`);
      if (frameBytes < leastFrameBytes || frameBytes > mostFrameBytes) {
        this.#dropped++;
      } else {
        const frame = chain.read(this.#headerBytes, frameBytes);
        if (frame === undefined) return;
        this.#link.send(frame);
      }
      chain.complete(0);
    }
  }
}
