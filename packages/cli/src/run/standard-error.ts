/** Lines of isovm's own on standard error, apart from the guest's text. */
import type { HostOutput } from "@isovm/abi";
import { writeText } from "../io/command-io.ts";

const newline = 0x0a;

/** An output that knows whether it stands at the start of a line. */
export class LineOutput implements HostOutput {
  readonly isTerminal: boolean;
  readonly #output: HostOutput;
  #isAtStart = true;

  constructor(output: HostOutput) {
    this.#output = output;
    this.isTerminal = output.isTerminal;
  }

  write(bytes: Uint8Array): boolean {
    if (bytes.length > 0) this.#isAtStart = bytes[bytes.length - 1] === newline;
    return this.#output.write(bytes);
  }

  /** Writes a whole line, on a line of its own. */
  line(text: string): boolean {
    return writeText(this, `${this.#isAtStart ? "" : "\n"}${text}\n`);
  }
}
