/** What devices under test are given: memory, a clock that tests move on, and a list of events. */
import type { DeviceEvent, DeviceServices, DmaMemory } from "../../device.ts";

/** Where the memory of a {@link TestMachine} starts. */
export const memoryBase = 0x8000_0000;

/** The services of one device, and what became of them. */
export class TestMachine {
  readonly bytes: Uint8Array;
  readonly events: DeviceEvent[] = [];
  /** The level of the device's interrupt wire. */
  level = false;
  nanos = 0n;
  readonly #alarms = new Map<string, { readonly at: bigint; readonly fire: () => void }>();

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
  }

  get services(): DeviceServices {
    const machine = this;
    return {
      clock: {
        get nanos() {
          return machine.nanos;
        },
        alarm: (name, at, fire) => {
          if (at === undefined || fire === undefined) this.#alarms.delete(name);
          else this.#alarms.set(name, { at, fire });
        },
      },
      memory: this.memory,
      interrupt: () => ({
        set: (level) => {
          this.level = level;
        },
      }),
      observe: (event) => this.events.push(event),
    };
  }

  get memory(): DmaMemory {
    const find = (address: number, sizeBytes: number): number | undefined => {
      const at = address - memoryBase;
      return at >= 0 && at + sizeBytes <= this.bytes.length ? at : undefined;
    };
    return {
      read: (address, sizeBytes) => {
        const at = find(address, sizeBytes);
        return at === undefined ? undefined : this.bytes.slice(at, at + sizeBytes);
      },
      write: (address, bytes) => {
        const at = find(address, bytes.length);
        if (at !== undefined) this.bytes.set(bytes, at);
        return at !== undefined;
      },
    };
  }

  /** Moves time on to the next alarm, which fires; false if there is none. */
  skip(): boolean {
    const [next] = [...this.#alarms].sort(([, a], [, b]) => Number(a.at - b.at));
    if (next === undefined) return false;
    const [name, { at, fire }] = next;
    this.#alarms.delete(name);
    if (at > this.nanos) this.nanos = at;
    fire();
    return true;
  }

  /** The kinds of the events so far, without repetitions. */
  get kinds(): readonly string[] {
    return [...new Set(this.events.map(({ kind }) => kind))];
  }
}
