/**
 * A process's file descriptors: numbers to descriptions, with the close-on-exec flag of each.
 */
import { LinuxError } from "../errno.ts";
import type { FileDescription } from "./description.ts";

interface Slot {
  readonly description: FileDescription;
  closeOnExec: boolean;
}

/** The descriptors of one process, shared by the threads that were cloned with CLONE_FILES. */
export class DescriptorTable {
  readonly #slots = new Map<number, Slot>();
  #references = 1;
  /** Every number below this one is in use. */
  #lowestFree = 0;

  retain(): this {
    this.#references += 1;
    return this;
  }

  /** Closes all descriptors when nobody shares the table any more. */
  release(): void {
    this.#references -= 1;
    if (this.#references === 0) this.closeWhere(() => true);
  }

  get isShared(): boolean {
    return this.#references > 1;
  }

  /** Open descriptor numbers, ascending. */
  numbers(): number[] {
    return [...this.#slots.keys()].sort((a, b) => a - b);
  }

  /** @throws LinuxError EBADF. */
  get(fd: number): FileDescription {
    const slot = this.#slots.get(fd);
    if (slot === undefined) throw new LinuxError("EBADF");
    return slot.description;
  }

  find(fd: number): FileDescription | undefined {
    return this.#slots.get(fd)?.description;
  }

  closeOnExec(fd: number): boolean {
    return this.#slot(fd).closeOnExec;
  }

  setCloseOnExec(fd: number, closeOnExec: boolean): void {
    this.#slot(fd).closeOnExec = closeOnExec;
  }

  /**
   * Gives a description the lowest free number from `lowest` on, below `limit` (RLIMIT_NOFILE).
   * @throws LinuxError EMFILE.
   */
  add(description: FileDescription, closeOnExec: boolean, limit: number, lowest = 0): number {
    let fd = Math.max(lowest, this.#lowestFree);
    while (this.#slots.has(fd)) fd += 1;
    if (fd >= limit) throw new LinuxError("EMFILE");
    if (lowest <= this.#lowestFree) this.#lowestFree = fd + 1;
    this.#slots.set(fd, { description: description.retain(), closeOnExec });
    return fd;
  }

  /** Gives a description this number; what had it is closed. */
  replace(fd: number, description: FileDescription, closeOnExec: boolean): void {
    const old = this.#slots.get(fd);
    this.#slots.set(fd, { description: description.retain(), closeOnExec });
    old?.description.release();
  }

  /** @throws LinuxError EBADF. */
  close(fd: number): void {
    const { description } = this.#slot(fd);
    this.#slots.delete(fd);
    if (fd < this.#lowestFree) this.#lowestFree = fd;
    description.release();
  }

  /** Closes the descriptors that a condition holds for. */
  closeWhere(condition: (fd: number, closeOnExec: boolean) => boolean): void {
    for (const [fd, slot] of [...this.#slots]) {
      if (condition(fd, slot.closeOnExec)) this.close(fd);
    }
  }

  /** A copy for a forked process: other numbers to come, the same descriptions. */
  copy(): DescriptorTable {
    const copy = new DescriptorTable();
    for (const [fd, { description, closeOnExec }] of this.#slots) {
      copy.#slots.set(fd, { description: description.retain(), closeOnExec });
    }
    copy.#lowestFree = this.#lowestFree;
    return copy;
  }

  #slot(fd: number): Slot {
    const slot = this.#slots.get(fd);
    if (slot === undefined) throw new LinuxError("EBADF");
    return slot;
  }
}
