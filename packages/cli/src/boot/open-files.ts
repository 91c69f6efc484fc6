/** The files that a machine's memory is filled from. */
import type { SystemVm } from "@isovm/machine";
import { type OpenSource, openSource } from "../io/file-source.ts";

/** What has gone on from a snapshot for so long reads the rest of it, … */
const quietMillis = 5000;
/** … so many pages from time to time, in a few milliseconds. */
const pagesAtOnce = 256;
const pauseMillis = 20;

/** Opens files, and keeps those open that the guest still needs. */
export class OpenFiles {
  readonly #open: Map<string, OpenSource> = new Map();
  #timer: NodeJS.Timeout | undefined;

  /** The file as it is now; what was read from a pipe can't be read again. @throws InputError */
  open(path: string): OpenSource {
    const known = this.#open.get(path);
    if (known && !known.isFile) return known;
    known?.close();
    const source = openSource(path);
    this.#open.set(path, source);
    return source;
  }

  /**
   * Reads what the guest didn't touch soon, before somebody changes the file; `say` hears what went
   * wrong.
   */
  readRest({ memory }: SystemVm, say: (line: string) => void): void {
    const step = (): void => {
      try {
        if (memory.loadAbsent(pagesAtOnce)) this.close();
        else this.#wait(pauseMillis, step);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        say(`isovm: ${reason}; the machine ends when it needs more of it`);
      }
    };
    this.#wait(quietMillis, step);
  }

  /** Closes the files. */
  close(): void {
    clearTimeout(this.#timer);
    for (const source of this.#open.values()) source.close();
    this.#open.clear();
  }

  #wait(millis: number, step: () => void): void {
    this.#timer = setTimeout(step, millis);
    this.#timer.unref();
  }
}
