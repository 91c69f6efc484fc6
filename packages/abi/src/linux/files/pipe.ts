/**
 * Pipes and FIFOs: a bounded byte queue with counted ends.
 * @see pipe(7)
 */
import type { Inode, IoctlArgument, Readiness, Stat } from "../../vfs/types.ts";
import { LinuxError } from "../errno.ts";
import { WaitQueue } from "../wait-queue.ts";
import { ByteQueue } from "./byte-queue.ts";
import type { FileObject, Transfer } from "./file-object.ts";
import { AnonymousFile, anonymousStat } from "./file-object.ts";
import { FIONREAD } from "./ioctl-requests.ts";
import { wouldBlock } from "./would-block.ts";

/** Default capacity in bytes. */
export const PIPE_CAPACITY = 65536;
/** Writes up to this size are atomic. */
export const PIPE_BUF = 4096;
/** What an unprivileged F_SETPIPE_SZ may ask for (/proc/sys/fs/pipe-max-size). */
const MAX_CAPACITY = 1 << 20;

/** The queue between a pipe's ends. */
export class Pipe {
  readonly inode: number;
  readonly queue: ByteQueue = new ByteQueue();
  /** Woken on every change: bytes, room, ends. */
  readonly waiters: WaitQueue = new WaitQueue();
  capacity: number = PIPE_CAPACITY;
  readers = 0;
  writers = 0;
  /** How often an end was opened: lets an opener of a FIFO see a partner that came and went. */
  readersEver = 0;
  writersEver = 0;

  constructor(inode: number) {
    this.inode = inode;
  }

  get room(): number {
    return this.capacity - this.queue.length;
  }

  /** F_SETPIPE_SZ; gives the new capacity. @throws LinuxError EBUSY, EPERM, EINVAL. */
  resize(bytes: number): number {
    if (bytes <= 0 || bytes > 0x8000_0000) throw new LinuxError("EINVAL");
    if (bytes > MAX_CAPACITY) throw new LinuxError("EPERM");
    const capacity = Math.max(4096, 2 ** Math.ceil(Math.log2(bytes)));
    if (capacity < this.queue.length) throw new LinuxError("EBUSY");
    this.capacity = capacity;
    this.waiters.wake();
    return capacity;
  }
}

/** One end of a pipe, or a FIFO opened for both. */
export class PipeEnd extends AnonymousFile implements FileObject {
  readonly kind = "pipe";
  readonly pipe: Pipe;
  readonly #reads: boolean;
  readonly #writes: boolean;
  /** The FIFO's inode; `fstat` shows its attributes. */
  readonly #fifo: Inode | undefined;

  constructor(pipe: Pipe, access: { reads: boolean; writes: boolean }, fifo?: Inode) {
    super(pipe.inode);
    this.pipe = pipe;
    this.#reads = access.reads;
    this.#writes = access.writes;
    this.#fifo = fifo;
    if (access.reads) {
      pipe.readers += 1;
      pipe.readersEver += 1;
    }
    if (access.writes) {
      pipe.writers += 1;
      pipe.writersEver += 1;
    }
    pipe.waiters.wake();
  }

  get label(): string {
    return `pipe:[${this.inode}]`;
  }

  get waiters(): WaitQueue {
    return this.pipe.waiters;
  }

  override read(target: Uint8Array, _transfer: Transfer): number {
    if (!this.#reads) throw new LinuxError("EBADF");
    if (target.length === 0) return 0;
    const count = this.pipe.queue.take(target);
    if (count > 0) {
      this.pipe.waiters.wake();
      return count;
    }
    if (this.pipe.writers === 0) return 0;
    throw wouldBlock;
  }

  override write(bytes: Uint8Array, _transfer: Transfer): number {
    if (!this.#writes) throw new LinuxError("EBADF");
    if (this.pipe.readers === 0) throw new LinuxError("EPIPE");
    if (bytes.length === 0) return 0;
    const { room } = this.pipe;
    if (room === 0 || (bytes.length <= PIPE_BUF && bytes.length > room)) {
      throw wouldBlock;
    }
    const taken = bytes.length <= room ? bytes : bytes.subarray(0, room);
    this.pipe.queue.put(taken);
    this.pipe.waiters.wake();
    return taken.length;
  }

  readiness(): Readiness {
    const { pipe } = this;
    return {
      readable: this.#reads && pipe.queue.length > 0,
      writable: this.#writes && pipe.room >= PIPE_BUF,
      hangup: this.#reads && pipe.writers === 0 && !this.#writes,
      error: this.#writes && pipe.readers === 0,
    };
  }

  override stat(): Stat {
    return this.#fifo?.stat() ?? anonymousStat(this.inode, 0o10600);
  }

  override ioctl(request: number, argument: IoctlArgument): number {
    if (request !== FIONREAD) throw new LinuxError("ENOTTY");
    argument.write(new Uint8Array(Uint32Array.of(this.pipe.queue.length).buffer));
    return 0;
  }

  reopen({ read, write }: { read: boolean; write: boolean }): PipeEnd {
    return new PipeEnd(this.pipe, { reads: read, writes: write }, this.#fifo);
  }

  override close(): void {
    if (this.#reads) this.pipe.readers -= 1;
    if (this.#writes) this.pipe.writers -= 1;
    if (this.pipe.readers === 0 && this.pipe.writers === 0) this.pipe.queue.clear();
    this.pipe.waiters.wake();
  }
}
