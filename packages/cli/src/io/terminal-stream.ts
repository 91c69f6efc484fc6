/** The terminal at standard input, in Node's terms: opened when it is used, again after its end. */
import { ReadStream } from "node:tty";

/** Standard input as a terminal. */
export class TerminalStream {
  #stream: ReadStream | undefined;
  #isRaw = false;

  /** The open stream. */
  get(): ReadStream {
    const open = this.#stream;
    if (open && !open.destroyed && !open.readableEnded) return open;
    const stream = new ReadStream(0);
    if (this.#isRaw) stream.setRawMode(true);
    this.#stream = stream;
    return stream;
  }

  /** Whether keys arrive one by one, without an echo. */
  setRaw(raw: boolean): void {
    if (raw === this.#isRaw) return;
    this.#isRaw = raw;
    this.get().setRawMode(raw);
  }
}
