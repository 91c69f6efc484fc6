/**
 * A learning Ethernet switch between machines of one process.
 *
 * @see IEEE 802.1D-2004, 7.7 forwarding and 7.8 learning, without spanning trees
 */
import { isGroup, macBytes } from "./mac-address.ts";
import type { FrameReceiver, NetworkLink } from "./network-link.ts";

/** What {@link virtualSwitch} can be told. */
export interface VirtualSwitchOptions {
  /** The most addresses that it remembers, 1024 by default; it forgets what it has not heard for longest. */
  readonly addresses?: number;
}

/** What went through a port; a frame that is flooded counts once at each port that it leaves by. */
export interface PortCounters {
  /** Frames that came from the machine. */
  readonly sent: number;
  /** Frames that were given to the machine. */
  readonly received: number;
  /** Frames from the machine that were malformed or too many at once. */
  readonly dropped: number;
}

/** A port of a switch, to be given to a network device. */
export interface SwitchPort extends NetworkLink {
  readonly counters: PortCounters;
  /** Unplugs: nothing is forwarded from or to the port any more. */
  disconnect(): void;
}

/** A switch. */
export interface VirtualSwitch {
  /** Plugs a machine in. */
  connect(): SwitchPort;
}

/** Destination, source and type of a frame. */
const headerBytes = 14;

/** The longest frame: a header, a VLAN tag and 64 KiB of payload. */
const mostBytes = headerBytes + 4 + 65_535;

/**
 * Frames that one may cause by receivers that answer at once, itself included: two of them that
 * answer each other would never end.
 */
const mostFrames = 1024;

/**
 * A switch that joins machines of this process. A frame is forwarded while it is sent; each port
 * gets frames in the order in which they were sent, and a flooded frame goes to the ports in the
 * order in which they were connected.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { virtualSwitch } from "@isovm/devices";
 *
 * const fabric = virtualSwitch();
 * const [sender, listener] = [fabric.connect(), fabric.connect()];
 * const received: Uint8Array[] = [];
 * listener.onReceive((frame) => received.push(frame));
 * sender.send(new Uint8Array(60).fill(0xff, 0, 6));
 * assert.equal(received.length, 1);
 * ```
 */
export function virtualSwitch({ addresses = 1024 }: VirtualSwitchOptions = {}): VirtualSwitch {
  return new LearningSwitch(addresses);
}

class LearningSwitch implements VirtualSwitch {
  readonly #mostAddresses: number;
  readonly #ports = new Set<Port>();
  /** The port behind which each address was seen, the oldest first. */
  readonly #seen = new Map<string, Port>();
  readonly #waiting: { readonly from: Port; readonly frame: Uint8Array }[] = [];
  /** Frames since the switch began to forward. */
  #frames = 0;

  constructor(mostAddresses: number) {
    this.#mostAddresses = mostAddresses;
  }

  connect(): SwitchPort {
    const port: Port = new Port({
      send: (frame) => this.#send(port, frame),
      disconnect: () => this.#disconnect(port),
    });
    this.#ports.add(port);
    return port;
  }

  #send(from: Port, frame: Uint8Array): boolean {
    const fits = frame.length >= headerBytes && frame.length <= mostBytes;
    if (!fits || this.#frames >= mostFrames || !this.#ports.has(from)) return false;
    this.#waiting.push({ from, frame: frame.slice() });
    // A receiver that answers: its frame is forwarded after those before it.
    if (this.#frames++ > 0) return true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
        this.#forward(next.from, next.frame);
    } finally {
      this.#frames = 0;
      this.#waiting.length = 0;
    }
    return true;
  }

  #forward(from: Port, frame: Uint8Array): void {
    const source = frame.subarray(macBytes, 2 * macBytes);
    if (!isGroup(source)) this.#learn(keyOf(source), from);
    const known = isGroup(frame) ? undefined : this.#seen.get(keyOf(frame));
    for (const port of known === undefined ? [...this.#ports] : [known])
      if (port !== from) port.deliver(frame);
  }

  #learn(address: string, port: Port): void {
    this.#seen.delete(address);
    this.#seen.set(address, port);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > this.#mostAddresses && oldest !== undefined) this.#seen.delete(oldest);
  }

  #disconnect(port: Port): void {
    this.#ports.delete(port);
    for (const [address, behind] of this.#seen) if (behind === port) this.#seen.delete(address);
  }
}

class Port implements SwitchPort {
  readonly #fabric: { send(frame: Uint8Array): boolean; disconnect(): void };
  readonly #counters = { sent: 0, received: 0, dropped: 0 };
  #receiver: FrameReceiver | undefined;

  constructor(fabric: { send(frame: Uint8Array): boolean; disconnect(): void }) {
    this.#fabric = fabric;
  }

  get counters(): PortCounters {
    return { ...this.#counters };
  }

  send(frame: Uint8Array): void {
    this.#counters[this.#fabric.send(frame) ? "sent" : "dropped"]++;
  }

  onReceive(receiver: FrameReceiver | undefined): void {
    this.#receiver = receiver;
  }

  disconnect(): void {
    this.#receiver = undefined;
    this.#fabric.disconnect();
  }

  /** Gives a frame to the machine. */
  deliver(frame: Uint8Array): void {
    if (this.#receiver === undefined) return;
    this.#counters.received++;
    this.#receiver(frame);
  }
}

/** The address at the start of the bytes. */
function keyOf(bytes: Uint8Array): string {
  return bytes.subarray(0, macBytes).join(":");
}
