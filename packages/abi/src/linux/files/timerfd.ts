/**
 * timerfd: a timer that is read.
 * @see timerfd_create(2)
 */
import type { Readiness } from "../../vfs/types.ts";
import { LinuxError } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import type { ArmedTimer } from "../timers.ts";
import { WaitQueue } from "../wait-queue.ts";
import type { FileObject } from "./file-object.ts";
import { AnonymousFile } from "./file-object.ts";
import { wouldBlock } from "./would-block.ts";

/** A timer as a file: reading gives how often it has expired. */
export class TimerFile extends AnonymousFile implements FileObject {
  readonly kind = "timerfd";
  readonly label = "anon_inode:[timerfd]";
  readonly waiters: WaitQueue = new WaitQueue();
  /** CLOCK_* of the time values. */
  readonly clock: number;
  readonly #kernel: Kernel;
  #timer: ArmedTimer | undefined;
  #intervalNanos = 0;
  #expirations = 0;

  constructor(kernel: Kernel, clock: number) {
    super(kernel.allocateInode());
    this.#kernel = kernel;
    this.clock = clock;
  }

  /** Arms the timer, or disarms it when `atNanos` is undefined. */
  set(atNanos: number | undefined, intervalNanos: number): void {
    if (this.#timer !== undefined) this.#kernel.timers.cancel(this.#timer);
    this.#timer = undefined;
    this.#expirations = 0;
    this.#intervalNanos = intervalNanos;
    if (atNanos !== undefined) this.#arm(atNanos);
  }

  /** Nanoseconds until expiry (0 when disarmed) and between expiries. */
  get(): { remainingNanos: number; intervalNanos: number } {
    const remainingNanos =
      this.#timer === undefined ? 0 : Math.max(1, this.#timer.atNanos - this.#kernel.now());
    return { remainingNanos, intervalNanos: this.#intervalNanos };
  }

  override read(target: Uint8Array): number {
    if (target.length < 8) throw new LinuxError("EINVAL");
    if (this.#expirations === 0) throw wouldBlock;
    new DataView(target.buffer, target.byteOffset).setBigUint64(
      0,
      BigInt(this.#expirations),
      this.#kernel.binding.model.littleEndian,
    );
    this.#expirations = 0;
    return 8;
  }

  readiness(): Readiness {
    return { readable: this.#expirations > 0, writable: false, hangup: false, error: false };
  }

  override close(): void {
    this.set(undefined, 0);
  }

  #arm(atNanos: number): void {
    this.#timer = this.#kernel.timers.arm(atNanos, () => {
      this.#timer = undefined;
      this.#expirations += 1;
      const interval = this.#intervalNanos;
      if (interval > 0) {
        const missed = Math.floor(Math.max(0, this.#kernel.now() - atNanos) / interval);
        this.#expirations += missed;
        this.#arm(atNanos + (missed + 1) * interval);
      }
      this.waiters.wake();
    });
  }
}
