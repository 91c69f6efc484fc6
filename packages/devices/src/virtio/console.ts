/**
 * The virtio console, with a single port.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 5.3
 */
import { encodeBase64 } from "../base64.ts";
import { StateReader } from "../state-reader.ts";
import { ByteQueue } from "../uart16550/byte-queue.ts";
import type { SerialInput } from "../uart16550/uart16550.ts";
import { viewOf } from "./little-endian.ts";
import type { VirtioHost, VirtioModel, VirtioModelFactory } from "./model.ts";

/** Columns and rows of a terminal, at most 65535 each. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The guest's end of a console, as the host sees it. */
export interface ConsoleInput extends SerialInput {
  /** The host's terminal has another size now. */
  resize(size: TerminalSize): void;
}

/** The host's end of a console; that of a serial port is one, too. */
export interface ConsoleLine {
  /** Takes a byte from the guest, in the midst of its store. */
  transmit(byte: number): void;
  /** Is given the other end once the console is built. */
  attach?(input: ConsoleInput): void;
}

/** What {@link virtioConsole} can be told. */
export interface VirtioConsoleOptions {
  /** The terminal's size: 80 columns and 24 rows by default. */
  readonly size?: TerminalSize;
}

/** Numbers of feature bits (5.3.3). */
const feature = { size: 0, emergencyWrite: 2 } as const;

/** Queues (5.3.2). */
const receiveQueue = 0;
const transmitQueue = 1;
const queueSize = 64;

/** Where the configuration space takes a byte when nothing else works (5.3.4). */
const emergencyOffset = 8;

/** What the guest sends is read in pieces of this size. */
const pieceBytes = 2 ** 16;

/**
 * The factory of a console on a line of the host. Bytes that find no buffer of the guest wait.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 5.3
 */
export function virtioConsole(
  line: ConsoleLine,
  { size = { columns: 80, rows: 24 } }: VirtioConsoleOptions = {},
): VirtioModelFactory {
  return (host) => {
    const model = new VirtioConsole(host, line, size);
    line.attach?.(model);
    return model;
  };
}

class VirtioConsole implements VirtioModel, ConsoleInput {
  readonly name: string = "virtio-console";
  readonly deviceId: number = 3;
  readonly features: readonly number[] = Object.values(feature);
  readonly queueSizes: readonly number[] = [queueSize, queueSize];
  readonly #host: VirtioHost;
  readonly #line: ConsoleLine;
  readonly #waiting = new ByteQueue();
  #size: TerminalSize;

  constructor(host: VirtioHost, line: ConsoleLine, size: TerminalSize) {
    this.#host = host;
    this.#line = line;
    this.#size = size;
  }

  get unreadBytes(): number {
    return this.#waiting.length;
  }

  receive(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#deliver();
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    this.#host.configurationChanged();
  }

  configuration(): Uint8Array {
    const bytes = new Uint8Array(12);
    viewOf(bytes).setUint16(0, this.#size.columns, true);
    viewOf(bytes).setUint16(2, this.#size.rows, true);
    return bytes;
  }

  configure(offset: number, bytes: Uint8Array): boolean {
    if (offset !== emergencyOffset) return false;
    this.#line.transmit(bytes[0] ?? 0);
    return true;
  }

  notify(queue: number): void {
    if (queue === receiveQueue) this.#deliver();
    else this.#transmit();
  }

  state(): unknown {
    return { waiting: encodeBase64(this.#waiting.toBytes()), ...this.#size };
  }

  restore(state: unknown): void {
    const reader = new StateReader(this.name, state);
    const waiting = reader.bytes("waiting", Number.MAX_SAFE_INTEGER);
    const columns = reader.natural("columns", 0xffff);
    this.#size = { columns, rows: reader.natural("rows", 0xffff) };
    this.#waiting.clear();
    this.#waiting.push(waiting);
  }

  reset(): void {
    this.#waiting.clear();
  }

  #deliver(): void {
    while (this.#waiting.length > 0) {
      const chain = this.#host.take(receiveQueue);
      if (chain === undefined) return;
      const count = Math.min(chain.writableBytes, this.#waiting.length);
      const bytes = Uint8Array.from({ length: count }, () => this.#waiting.shift() ?? 0);
      if (chain.write(0, bytes)) chain.complete(count);
    }
  }

  #transmit(): void {
    for (;;) {
      const chain = this.#host.take(transmitQueue);
      if (chain === undefined) return;
      for (let at = 0; at < chain.readableBytes; at += pieceBytes) {
        const bytes = chain.read(at, Math.min(pieceBytes, chain.readableBytes - at));
        if (bytes === undefined) return;
        for (const byte of bytes) this.#line.transmit(byte);
      }
      chain.complete(0);
    }
  }
}
