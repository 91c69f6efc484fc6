/** The pipes behind FIFOs: one for each inode that is open or being opened. */
import type { Inode } from "../../vfs/types.ts";
import { Pipe } from "./pipe.ts";

/** Finds the pipe of a FIFO. */
export class FifoTable {
  readonly #pipes = new WeakMap<Inode, Pipe>();

  of(inode: Inode): Pipe {
    let pipe = this.#pipes.get(inode);
    if (pipe === undefined) {
      pipe = new Pipe(Number(inode.stat().ino));
      this.#pipes.set(inode, pipe);
    }
    return pipe;
  }
}
