/** Interrupt wires between the devices of a board. */
import type { InterruptLine } from "../device.ts";

/** A wire that is connected to its end after the device at its beginning was built. */
export class Wire implements InterruptLine {
  #level = false;
  #end: InterruptLine | undefined;

  set(level: boolean): void {
    this.#level = level;
    this.#end?.set(level);
  }

  connect(end: InterruptLine): void {
    this.#end = end;
    end.set(this.#level);
  }
}

/**
 * An end that several wires share: it is high as long as one of them is. A level that is set again
 * is passed on, to an end that may have been reset.
 */
export class SharedEnd {
  readonly #end: InterruptLine;
  readonly #levels: boolean[] = [];

  constructor(end: InterruptLine) {
    this.#end = end;
  }

  /** A place for one more wire. */
  join(): InterruptLine {
    const index = this.#levels.push(false) - 1;
    return {
      set: (level) => {
        this.#levels[index] = level;
        this.#end.set(this.#levels.includes(true));
      },
    };
  }
}
