/**
 * eventfd: a counter that can be waited for.
 * @see eventfd(2)
 */
import type { Readiness } from "../../vfs/types.ts";
import { LinuxError } from "../errno.ts";
import { WaitQueue } from "../wait-queue.ts";
import type { FileObject } from "./file-object.ts";
import { AnonymousFile } from "./file-object.ts";
import { wouldBlock } from "./would-block.ts";

const MAX_COUNT = 0xffff_ffff_ffff_fffen;

/** An event counter. */
export class EventCounter extends AnonymousFile implements FileObject {
  readonly kind = "eventfd";
  readonly label = "anon_inode:[eventfd]";
  readonly waiters: WaitQueue = new WaitQueue();
  readonly #isSemaphore: boolean;
  readonly #littleEndian: boolean;
  #count: bigint;

  constructor(
    inode: number,
    count: number,
    options: { isSemaphore: boolean; littleEndian: boolean },
  ) {
    super(inode);
    this.#count = BigInt(count);
    this.#isSemaphore = options.isSemaphore;
    this.#littleEndian = options.littleEndian;
  }

  override read(target: Uint8Array): number {
    if (target.length < 8) throw new LinuxError("EINVAL");
    if (this.#count === 0n) throw wouldBlock;
    const value = this.#isSemaphore ? 1n : this.#count;
    this.#count -= value;
    new DataView(target.buffer, target.byteOffset).setBigUint64(0, value, this.#littleEndian);
    this.waiters.wake();
    return 8;
  }

  override write(bytes: Uint8Array): number {
    if (bytes.length < 8) throw new LinuxError("EINVAL");
    const value = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, this.#littleEndian);
    if (value > MAX_COUNT) throw new LinuxError("EINVAL");
    if (this.#count + value > MAX_COUNT) throw wouldBlock;
    this.#count += value;
    this.waiters.wake();
    return 8;
  }

  readiness(): Readiness {
    return {
      readable: this.#count > 0n,
      writable: this.#count < MAX_COUNT,
      hangup: false,
      error: false,
    };
  }
}
