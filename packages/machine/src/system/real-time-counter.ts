/** The real-time counter that harts and devices share. */
import type { DeviceCounter } from "@isovm/devices";
import type { SystemClock } from "./system-clock.ts";

/** Counts ticks of the machine's clock, from wherever the guest has set it. */
export class RealTimeCounter implements DeviceCounter {
  readonly tickNanos: bigint;
  readonly #clock: Pick<SystemClock, "nanos">;
  readonly #changed: () => void;
  /** Its value at power-on, as if it had been set then. */
  #offset = 0n;

  /** `changed` is called when it was set. */
  constructor(clock: Pick<SystemClock, "nanos">, tickNanos: bigint, changed: () => void) {
    this.#clock = clock;
    this.tickNanos = tickNanos;
    this.#changed = changed;
  }

  get ticks(): bigint {
    return BigInt.asUintN(64, this.#natural + this.#offset);
  }

  /** What has been added to the ticks since power-on; modulo 2^64. */
  get offset(): bigint {
    return this.#offset;
  }

  set(ticks: bigint | undefined): void {
    const offset = ticks === undefined ? 0n : ticks - this.#natural;
    if (offset === this.#offset) return;
    this.#offset = offset;
    this.#changed();
  }

  /** Sets {@link offset}; whoever depends on it is restored afterwards. */
  restore(offset: bigint): void {
    this.#offset = offset;
  }

  /** When it will have a value next, by the machine's clock. */
  nanosAt(ticks: bigint): bigint {
    const left = BigInt.asUintN(64, ticks - this.ticks);
    return (this.#natural + left) * this.tickNanos;
  }

  /** What it would be if nobody had set it. */
  get #natural(): bigint {
    return this.#clock.nanos / this.tickNanos;
  }
}
