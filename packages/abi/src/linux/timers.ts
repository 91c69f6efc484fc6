/**
 * The kernel's timers: callbacks at times of the monotonic clock, earliest first.
 */

/** A timer that was armed; keep it to cancel it. */
export interface ArmedTimer {
  /** Expiry in monotonic nanoseconds. */
  readonly atNanos: number;
}

interface Entry extends ArmedTimer {
  /** Order of arming: breaks ties, so that a run is deterministic. */
  readonly sequence: number;
  /** Undefined once the timer has fired or was cancelled. */
  fire: (() => void) | undefined;
}

/** Timers ordered by expiry: a binary heap whose cancelled entries are dropped lazily. */
export class TimerQueue {
  #heap: Entry[] = [];
  #live = 0;
  #sequence = 0;

  /** Expiry of the earliest timer in monotonic nanoseconds, or undefined. */
  get nextNanos(): number | undefined {
    this.#dropDead();
    return this.#heap[0]?.atNanos;
  }

  /** Arms a timer. */
  arm(atNanos: number, fire: () => void): ArmedTimer {
    const entry: Entry = { atNanos, sequence: this.#sequence, fire };
    this.#sequence += 1;
    this.#live += 1;
    this.#push(entry);
    return entry;
  }

  /** Disarms a timer; one that has fired already is left alone. */
  cancel(timer: ArmedTimer): void {
    const entry = timer as Entry;
    if (entry.fire === undefined) return;
    entry.fire = undefined;
    this.#live -= 1;
    // Most timeouts are cancelled: a long run must not collect them.
    if (this.#heap.length > 64 && this.#live < this.#heap.length / 2) {
      const entries = this.#heap.filter((other) => other.fire !== undefined);
      this.#heap = [];
      for (const other of entries) this.#push(other);
    }
  }

  /** Fires all timers due at `nowNanos`, in order. */
  run(nowNanos: number): void {
    for (;;) {
      this.#dropDead();
      const first = this.#heap[0];
      if (first === undefined || first.atNanos > nowNanos) return;
      this.#pop();
      const { fire } = first;
      first.fire = undefined;
      this.#live -= 1;
      fire?.();
    }
  }

  #dropDead(): void {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.fire !== undefined) return;
      this.#pop();
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const entry = heap.pop();
    if (entry === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let least = heap[child];
      const right = heap[child + 1];
      if (right !== undefined && least !== undefined && before(right, least)) {
        child += 1;
        least = right;
      }
      if (least === undefined || !before(least, entry)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = entry;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atNanos < b.atNanos || (a.atNanos === b.atNanos && a.sequence < b.sequence);
}
