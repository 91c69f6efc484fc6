/** A machine around one device under test: memory, and what the device did to the rest. */
import type { DeviceEvent, DeviceServices, DmaMemory } from "../../device.ts";
import { type TestClock, testServices } from "../../test-support.ts";

/** Where the memory of a {@link TestMachine} starts. */
export const memoryBase = 0x8000_0000;

/** The services of one device, and what became of them. */
export class TestMachine {
  readonly bytes: Uint8Array;
  readonly clock: TestClock;
  readonly events: DeviceEvent[];
  readonly services: DeviceServices;
  readonly #levels: readonly boolean[];

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
    const services = testServices();
    this.clock = services.clock;
    this.events = services.events;
    this.#levels = services.levels;
    this.services = { ...services, memory: memoryOf(this.bytes) };
  }

  /** The level of the device's interrupt wire. */
  get level(): boolean {
    return this.#levels[0] ?? false;
  }

  /** Moves time on to the next alarm; false if there is none. */
  skip(): boolean {
    const { next, nanos } = this.clock;
    if (next === undefined) return false;
    this.clock.advance(next > nanos ? next - nanos : 0n);
    return true;
  }

  /** The kinds of the events so far, without repetitions. */
  get kinds(): readonly string[] {
    return [...new Set(this.events.map(({ kind }) => kind))];
  }
}

function memoryOf(ram: Uint8Array): DmaMemory {
  const find = (address: number, sizeBytes: number): number | undefined => {
    const at = address - memoryBase;
    return at >= 0 && at + sizeBytes <= ram.length ? at : undefined;
  };
  return {
    read: (address, sizeBytes) => {
      const at = find(address, sizeBytes);
      return at === undefined ? undefined : ram.slice(at, at + sizeBytes);
    },
    write: (address, bytes) => {
      const at = find(address, bytes.length);
      if (at !== undefined) ram.set(bytes, at);
      return at !== undefined;
    },
  };
}
