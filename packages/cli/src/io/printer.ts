/** Text on standard output, in pieces of a decent size. */
import { ReaderGoneError } from "../errors.ts";
import { type CommandIo, writeText } from "./command-io.ts";

const pieceLength = 1 << 16;

/** Collects lines and writes them. */
export class Printer {
  readonly #io: CommandIo;
  #text = "";

  constructor(io: CommandIo) {
    this.#io = io;
  }

  /** @throws ReaderGoneError */
  line(text = ""): void {
    this.#text += `${text}\n`;
    if (this.#text.length >= pieceLength) this.flush();
  }

  /** Writes what is left. @throws ReaderGoneError */
  flush(): void {
    const text = this.#text;
    this.#text = "";
    if (text !== "" && !writeText(this.#io.stdout, text)) throw new ReaderGoneError();
  }
}
