/** A clock, memory and observers for tests of devices. */
import type { BoardServices, BoardSize, DeviceEvent, DeviceServices } from "./index.ts";

/** A clock that is moved by hand and fires what is due in the order of its time. */
export class TestClock {
  nanos = 0n;
  readonly #alarms = new Map<string, { at: bigint; fire: () => void }>();

  alarm(name: string, at: bigint | undefined, fire: () => void = () => {}): void {
    if (at === undefined) this.#alarms.delete(name);
    else this.#alarms.set(name, { at, fire });
  }

  /** The time of the next alarm. */
  get next(): bigint | undefined {
    return [...this.#alarms.values()].map(({ at }) => at).sort((a, b) => Number(a - b))[0];
  }

  advance(nanos: bigint): void {
    const end = this.nanos + nanos;
    for (;;) {
      const due = [...this.#alarms].filter(([, { at }]) => at <= end);
      const [first] = due.sort(([, a], [, b]) => Number(a.at - b.at));
      if (first === undefined) break;
      const [name, { at, fire }] = first;
      this.#alarms.delete(name);
      if (at > this.nanos) this.nanos = at;
      fire();
    }
    this.nanos = end;
  }
}

/** A real-time counter of 10 MHz. */
export class TestCounter {
  readonly tickNanos = 100n;
  readonly #clock: TestClock;
  #offset = 0n;

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  get ticks(): bigint {
    return BigInt.asUintN(64, this.#natural + this.#offset);
  }

  set(ticks: bigint | undefined): void {
    this.#offset = ticks === undefined ? 0n : ticks - this.#natural;
  }

  get #natural(): bigint {
    return this.#clock.nanos / this.tickNanos;
  }
}

/** Services for one device, with what it did to its wires and observers. */
export interface TestServices extends DeviceServices {
  readonly clock: TestClock;
  readonly levels: boolean[];
  readonly events: DeviceEvent[];
}

export function testServices(clock: TestClock = new TestClock()): TestServices {
  const levels: boolean[] = [];
  const events: DeviceEvent[] = [];
  return {
    clock,
    counter: new TestCounter(clock),
    memory: { read: () => undefined, write: () => false },
    interrupt: (wire = 0) => ({
      set: (level) => {
        levels[wire] = level;
      },
    }),
    observe: (event) => void events.push(event),
    levels,
    events,
  };
}

/** Services for a board, with the levels of the harts' wires as `hart.wire`. */
export interface TestBoardServices extends BoardServices {
  readonly clock: TestClock;
  readonly levels: Map<string, boolean>;
  readonly events: DeviceEvent[];
}

export function testBoardServices(size: BoardSize): TestBoardServices {
  const levels = new Map<string, boolean>();
  const { clock, counter, memory, observe, events } = testServices();
  const hartInterrupt: BoardServices["hartInterrupt"] = (hart, wire) => ({
    set: (level) => void levels.set(`${hart}.${wire}`, level),
  });
  return { ...size, clock, counter, memory, observe, events, levels, hartInterrupt };
}
