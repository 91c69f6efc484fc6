/**
 * A learning Ethernet switch between machines of one process.
 *
 * @see IEEE 802.1D-2004, 7.7 forwarding and 7.8 learning, without spanning trees
 */
import { StateReader } from "../state-reader.ts";
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
  /**
   * Behind which port it has seen which address, as plain data (JSON): what belongs to a snapshot of
   * its machines. Ports are numbered in the order in which they were connected, from 0.
   */
  state(): unknown;
  /**
   * Takes back what `state` returned.
   *
   * @throws DeviceStateError if it is something else, or tells of ports that aren't connected.
   */
  restore(state: unknown): void;
}

const name = "virtual-switch";

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
  /** By number. */
  readonly #ports = new Map<number, Port>();
  #nextPort = 0;
  /** The port behind which each address was seen, the oldest first. */
  readonly #seen = new Map<string, Port>();
  readonly #waiting: { readonly from: Port; readonly frame: Uint8Array }[] = [];
  /** Frames since the switch began to forward. */
  #frames = 0;

  constructor(mostAddresses: number) {
    this.#mostAddresses = mostAddresses;
  }

  connect(): SwitchPort {
    const number = this.#nextPort++;
    const port: Port = new Port(number, {
      send: (frame) => this.#send(port, frame),
      disconnect: () => this.#disconnect(port),
    });
    this.#ports.set(number, port);
    return port;
  }

  state(): unknown {
    return { seen: [...this.#seen].map(([address, { number }]) => ({ address, port: number })) };
  }

  restore(state: unknown): void {
    const reader = new StateReader(name, state);
    const seen = reader.list("seen", this.#mostAddresses).map((entry) => {
      const part = new StateReader(name, entry);
      const address = part.member("address");
      if (typeof address !== "string" || !/^\d{1,3}(:\d{1,3}){5}$/.test(address)) {
        return part.fail("address", "six numbers");
      }
      const number = part.natural("port", Number.MAX_SAFE_INTEGER);
      const port = this.#ports.get(number) ?? part.fail("port", "the number of one");
      return [address, port] as const;
    });
    this.#seen.clear();
    for (const [address, port] of seen) this.#seen.set(address, port);
  }

  #send(from: Port, frame: Uint8Array): boolean {
    const fits = frame.length >= headerBytes && frame.length <= mostBytes;
    if (!fits || this.#frames >= mostFrames || !this.#ports.has(from.number)) return false;
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
    for (const port of known === undefined ? [...this.#ports.values()] : [known])
      if (port !== from) port.deliver(frame);
  }

  #learn(address: string, port: Port): void {
    this.#seen.delete(address);
    this.#seen.set(address, port);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > this.#mostAddresses && oldest !== undefined) this.#seen.delete(oldest);
  }

  #disconnect(port: Port): void {
    this.#ports.delete(port.number);
    for (const [address, behind] of this.#seen) if (behind === port) this.#seen.delete(address);
  }
}

class Port implements SwitchPort {
  readonly number: number;
  readonly #fabric: { send(frame: Uint8Array): boolean; disconnect(): void };
  readonly #counters = { sent: 0, received: 0, dropped: 0 };
  #receiver: FrameReceiver | undefined;

  constructor(number: number, fabric: { send(frame: Uint8Array): boolean; disconnect(): void }) {
    this.number = number;
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
