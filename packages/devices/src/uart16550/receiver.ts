/** The receiving half of a 16550A: RBR or the FIFO behind it, what waits to get in, the timeout. */
import { encodeBase64 } from "../base64.ts";
import type { DeviceClock } from "../device.ts";
import type { StateReader } from "../state-reader.ts";
import { ByteQueue } from "./byte-queue.ts";
import { fifoBytes } from "./registers.ts";

/** What the port's registers say about its receiver. */
export interface ReceiverSettings {
  readonly hasFifos: boolean;
  /** The receiver hears the transmitter and not the line. */
  readonly loops: boolean;
  /** The time of one character. */
  readonly characterNanos: bigint;
}

/** Received characters, paced by the guest: what it has no room for stays on the line. */
export class Receiver {
  readonly #clock: DeviceClock;
  readonly #settings: ReceiverSettings;
  readonly #onTimeout: () => void;
  readonly #received: ByteQueue = new ByteQueue();
  readonly #waiting: ByteQueue = new ByteQueue();
  /** What RBR holds, read or not, while there are no FIFOs. */
  #holding = 0;
  #timeoutAt: bigint | undefined;
  #timedOut = false;

  constructor(clock: DeviceClock, settings: ReceiverSettings, onTimeout: () => void) {
    this.#clock = clock;
    this.#settings = settings;
    this.#onTimeout = onTimeout;
  }

  /** Characters that the guest can read. */
  get length(): number {
    return this.#received.length;
  }

  /** Those and the ones that wait on the line. */
  get unreadBytes(): number {
    return this.#received.length + this.#waiting.length;
  }

  /** Characters have stayed in the FIFO for the time of four, since when none was read. */
  get timedOut(): boolean {
    return this.#timedOut;
  }

  /** Takes bytes from the line. */
  receive(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.refill();
  }

  /** Lets in what waits, as far as there is room. */
  refill(): void {
    if (this.#settings.loops) return;
    const room = this.#capacity - this.#received.length;
    for (let count = 0; count < room && this.#waiting.length > 0; count++)
      this.arrive(this.#waiting.shift() ?? 0);
  }

  /** Takes a character; false if one is lost by that. */
  arrive(byte: number): boolean {
    const { hasFifos } = this.#settings;
    const isFull = this.#received.length >= this.#capacity;
    if (!hasFifos) {
      // A character that nobody read is lost, not the one that follows.
      this.#received.clear();
      this.#holding = byte;
    }
    if (!hasFifos || !isFull) this.#received.push(Uint8Array.of(byte));
    this.#restartTimeout();
    return !isFull;
  }

  /** The next character for the guest. */
  take(): number {
    const byte = this.#received.shift() ?? (this.#settings.hasFifos ? 0 : this.#holding);
    this.#timedOut = false;
    this.refill();
    this.#restartTimeout();
    return byte;
  }

  /** Drops what the guest could read; what waits follows. */
  clear(): void {
    this.#received.clear();
    this.#timedOut = false;
    this.refill();
    this.#restartTimeout();
  }

  state(): object {
    return {
      received: encodeBase64(this.#received.toBytes()),
      waiting: encodeBase64(this.#waiting.toBytes()),
      holding: this.#holding,
      timedOut: this.#timedOut,
      timeoutAt: this.#timeoutAt === undefined ? null : String(this.#timeoutAt),
    };
  }

  /** Reads a state, and gives what takes it over: nothing changes until all of it was checked. */
  reading(reader: StateReader): () => void {
    const received = reader.bytes("received", fifoBytes);
    const waiting = reader.bytes("waiting", Number.MAX_SAFE_INTEGER);
    const holding = reader.natural("holding", 0xff);
    const timedOut = reader.boolean("timedOut");
    const timeoutAt = reader.optionalInteger("timeoutAt");
    return () => {
      this.reset();
      this.#received.push(received);
      this.#waiting.push(waiting);
      this.#holding = holding;
      this.#timedOut = timedOut;
      this.#setTimeout(timeoutAt);
    };
  }

  reset(): void {
    this.#received.clear();
    this.#waiting.clear();
    this.#holding = 0;
    this.#timedOut = false;
    this.#setTimeout(undefined);
  }

  get #capacity(): number {
    return this.#settings.hasFifos ? fifoBytes : 1;
  }

  #restartTimeout(): void {
    const waits = this.#settings.hasFifos && this.#received.length > 0;
    const { characterNanos } = this.#settings;
    this.#setTimeout(waits ? this.#clock.nanos + 4n * characterNanos : undefined);
  }

  #setTimeout(at: bigint | undefined): void {
    if (at === undefined && this.#timeoutAt === undefined) return;
    this.#timeoutAt = at;
    this.#clock.alarm("timeout", at, () => {
      this.#timeoutAt = undefined;
      this.#timedOut = true;
      this.#onTimeout();
    });
  }
}
