/**
 * How much a device does at once. A ring can ask for gigabytes, and a hostile one can be rewritten
 * by the very requests that it holds: after a turn the guest runs on, and the rest is done later.
 */
import type { DeviceClock } from "../device.ts";
import type { StateReader } from "../state-reader.ts";

/** The most requests of a turn, and bytes after which it is over. */
const mostRequests = 1024;
const mostBytes = 2 ** 26;

/** Guest time from the end of a turn to the next. */
const pauseNanos = 1000n;

/** Limits of the work that one notification starts. */
export class Turn {
  readonly #clock: DeviceClock;
  readonly #resume: (queue: number) => void;
  /** When the rest of each queue's work is due. */
  readonly #due = new Map<number, bigint>();
  #isRunning = false;
  #requests = 0;
  #bytes = 0;

  constructor(clock: DeviceClock, resume: (queue: number) => void) {
    this.#clock = clock;
    this.#resume = resume;
  }

  /** Runs work within limits. */
  run(work: () => void): void {
    this.#isRunning = true;
    this.#requests = 0;
    this.#bytes = 0;
    try {
      work();
    } finally {
      this.#isRunning = false;
    }
  }

  /** Whether no more can be taken from a queue in this turn; it is resumed later then. */
  isOver(queue: number): boolean {
    if (!this.#isRunning || (this.#requests < mostRequests && this.#bytes < mostBytes))
      return false;
    if (!this.#due.has(queue)) this.#arm(queue, this.#clock.nanos + pauseNanos);
    return true;
  }

  /** A request of so many bytes was taken. */
  count(bytes: number): void {
    this.#requests++;
    this.#bytes += bytes;
  }

  state(): unknown {
    const due = [...this.#due];
    return { queues: due.map(([queue]) => queue), due: due.map(([, at]) => String(at)) };
  }

  /**
   * Checks a state; the function that is returned takes it back.
   *
   * @throws DeviceStateError if it is not the state of turns.
   */
  prepare(state: StateReader): () => void {
    const { length } = state.list("queues", 0xffff);
    const queues = state.naturals("queues", length, 0xffff);
    const due = state.integers("due", length, 64);
    return () => {
      this.reset();
      for (const [index, queue] of queues.entries()) this.#arm(queue, due[index] ?? 0n);
    };
  }

  reset(): void {
    for (const queue of this.#due.keys()) this.#clock.alarm(`queue${queue}`, undefined);
    this.#due.clear();
  }

  #arm(queue: number, at: bigint): void {
    this.#due.set(queue, at);
    this.#clock.alarm(`queue${queue}`, at, () => {
      this.#due.delete(queue);
      this.#resume(queue);
    });
  }
}
