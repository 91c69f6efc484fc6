/**
 * The time of a system VM: nanoseconds since power-on, a function of what the guest executed and of
 * how long it was idle, and the alarms that wait for it.
 */

/** An alarm. */
interface Alarm {
  readonly at: bigint;
  readonly fire: () => void;
}

/** Time and alarms. An instruction takes a nanosecond. */
export class SystemClock {
  /** Nanoseconds that passed while nothing was executed. */
  #skipped = 0n;
  readonly #executed: () => bigint;
  readonly #alarms = new Map<string, Alarm>();
  #next: bigint | undefined;
  readonly #changed: () => void;

  /**
   * `executed` counts instructions, exactly also in the midst of one; `changed` is called when the
   * next alarm comes earlier than before.
   */
  constructor(executed: () => bigint, changed: () => void) {
    this.#executed = executed;
    this.#changed = changed;
  }

  /** Nanoseconds since power-on. */
  get nanos(): bigint {
    return this.#executed() + this.#skipped;
  }

  /** When the next alarm is due, if there is one. */
  get next(): bigint | undefined {
    return this.#next;
  }

  /** Sets, replaces or cancels the alarm of that name. */
  alarm(name: string, at: bigint | undefined, fire?: () => void): void {
    if (at === undefined || !fire) this.#alarms.delete(name);
    else this.#alarms.set(name, { at, fire });
    const before = this.#next;
    this.#findNext();
    if (this.#next !== undefined && (before === undefined || this.#next < before)) this.#changed();
  }

  /** Lets time pass while nothing is executed. */
  skip(nanos: bigint): void {
    if (nanos > 0n) this.#skipped += nanos;
  }

  /** Fires what is due, in the order of time; equal times in the order in which they were set. */
  fireDue(): void {
    while (this.#next !== undefined && this.#next <= this.nanos) {
      for (const [name, { at, fire }] of this.#alarms) {
        if (at !== this.#next) continue;
        this.#alarms.delete(name);
        this.#findNext();
        fire();
        break;
      }
    }
  }

  /** Nanoseconds skipped so far, to be given back to {@link restore}. */
  get skipped(): bigint {
    return this.#skipped;
  }

  /** Sets the time and forgets all alarms; their owners set them again. */
  restore(nanos: bigint): void {
    this.#skipped = nanos - this.#executed();
    this.#alarms.clear();
    this.#next = undefined;
  }

  #findNext(): void {
    this.#next = undefined;
    for (const { at } of this.#alarms.values()) {
      if (this.#next === undefined || at < this.#next) this.#next = at;
    }
  }
}
