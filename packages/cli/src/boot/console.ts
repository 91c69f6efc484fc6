/** The guest's consoles at the terminal, or at whatever standard input and output are. */
import { signals } from "@isovm/abi";
import type { ConsoleInput, ConsoleLine, SerialInput, SerialLine } from "@isovm/devices";
import type { CommandIo } from "../io/command-io.ts";
import type { ConsoleKind } from "../options/console.ts";
import { type ConsoleCommand, EscapeKeys } from "./escape-keys.ts";

/** Bytes that wait for the guest before no more are read. */
const mostUnread = 4096;
/** How soon to look whether the guest has read some, in milliseconds. */
const patience = 20;
const flushBytes = 8192;

/** A serial line, and perhaps a virtio console, at the host's standard streams. */
export class Console implements SerialLine {
  /** What has the keys. */
  readonly kind: ConsoleKind;
  /** The virtio console's line. */
  readonly virtio: ConsoleLine = {
    transmit: (byte) => this.transmit(byte),
    attach: (input) => {
      if (this.kind !== "virtio") return;
      this.#input = input;
      this.#resizable = input;
    },
  };
  readonly #io: CommandIo;
  readonly #onCommand: (command: ConsoleCommand) => void;
  readonly #keys: EscapeKeys | undefined;
  readonly #output = new Uint8Array(flushBytes);
  #outputLength = 0;
  #isFlushScheduled = false;
  #input: SerialInput | undefined;
  #resizable: ConsoleInput | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopReading: (() => void) | undefined;
  #stopWatching: (() => void) | undefined;
  #hasEnded = false;

  constructor(
    io: CommandIo,
    onCommand: (command: ConsoleCommand) => void,
    kind: ConsoleKind = "serial",
  ) {
    this.kind = kind;
    this.#io = io;
    this.#onCommand = onCommand;
    this.#keys = io.stdin.isTerminal ? new EscapeKeys() : undefined;
  }

  attach(input: SerialInput): void {
    if (this.kind === "serial") this.#input = input;
  }

  transmit(byte: number): void {
    this.#output[this.#outputLength++] = byte;
    if (this.#outputLength === flushBytes) this.flush();
    else if (!this.#isFlushScheduled) {
      this.#isFlushScheduled = true;
      setImmediate(() => {
        this.#isFlushScheduled = false;
        this.flush();
      });
    }
  }

  /** Takes bytes that the guest writes otherwise than through the serial port. */
  write(bytes: Uint8Array): void {
    for (const byte of bytes) this.transmit(byte);
  }

  /** Writes what the guest has sent. */
  flush(): void {
    const bytes = this.#output.subarray(0, this.#outputLength);
    this.#outputLength = 0;
    if (bytes.length > 0) this.#io.stdout.write(bytes);
  }

  /** Begins to read; a terminal gives keys as they are from now on. */
  open(): void {
    const { stdin } = this.#io;
    if (stdin.isTerminal) this.#io.setRaw(true);
    this.#followSize();
    this.#stopReading = stdin.onReady(() => this.#feed());
    this.#feed();
  }

  /** Gives the terminal back. */
  close(): void {
    clearTimeout(this.#timer);
    this.#stopReading?.();
    this.#stopWatching?.();
    this.flush();
    this.#io.setRaw(false);
  }

  /** Tells a guest that can know it of the terminal's size, now and whenever it changes. */
  #followSize(): void {
    const resizable = this.#resizable;
    if (!resizable || !this.#io.stdin.isTerminal) return;
    const tell = (): void => resizable.resize(this.#io.windowSize());
    this.#stopWatching = this.#io.onSignal((signal) => {
      if (signal === signals.SIGWINCH) tell();
    });
    tell();
  }

  #feed(): void {
    const { stdin } = this.#io;
    clearTimeout(this.#timer);
    while (!this.#hasEnded && stdin.available() > 0) {
      const room = mostUnread - (this.#input?.unreadBytes ?? 0);
      if (room <= 0) {
        this.#timer = setTimeout(() => this.#feed(), patience);
        return;
      }
      const bytes = stdin.read(room);
      if (bytes === undefined) this.#hasEnded = !stdin.isTerminal;
      if (bytes === undefined || bytes.length === 0) return;
      this.#deliver(bytes);
    }
  }

  #deliver(bytes: Uint8Array): void {
    if (!this.#keys) return this.#input?.receive(bytes);
    const { guest, commands } = this.#keys.split(bytes);
    if (guest.length > 0) this.#input?.receive(guest);
    for (const command of commands) this.#onCommand(command);
  }
}
