/**
 * Whatever is in rings, descriptors and registers, a device throws no exception, and does no more
 * work at once than is bounded.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccessBytes, Device, DmaMemory } from "../device.ts";
import { viewOf } from "./little-endian.ts";
import { common, register, TestDriver } from "./testing/driver.ts";
import { rigs } from "./testing/rigs.ts";
import { memoryBase, TestMachine } from "./testing/test-machine.ts";

const memoryBytes = 0x1000;
const size = 16;

/** More accesses to memory than one access to a register can be worth. */
const mostAccesses = 1024 * 300;

interface Descriptor {
  readonly address: bigint;
  readonly sizeBytes: number;
  readonly flags: number;
  readonly next: number;
}

/** What a hostile guest does. */
type Step =
  | { readonly read: number; readonly width: AccessBytes }
  | { readonly write: number; readonly width: AccessBytes; readonly value: bigint }
  | { readonly poke: number; readonly bytes: Uint8Array }
  | { readonly queue: number; readonly head: number; readonly chain: readonly Descriptor[] }
  | { readonly restart: bigint };

/** Often one of the few, otherwise any. */
function mostly<Value>(usual: fc.Arbitrary<Value>, any: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ arbitrary: usual, weight: 12 }, { arbitrary: any, weight: 1 });
}

const number32 = fc.oneof(
  fc.constantFrom(0, 1, 2, 16, 0xffff, memoryBase, 2 ** 31 - 1, 2 ** 32 - 1),
  fc.nat(0xffff_ffff),
);
const wide = fc.bigInt(0n, 2n ** 64n - 1n);

/** Addresses in all of memory, the rings included: a device may be told to overwrite them. */
const address = mostly(
  fc.nat(memoryBytes / 16 - 1).map((at) => BigInt(memoryBase + 16 * at)),
  fc.oneof(wide, number32.map(BigInt)),
);

const descriptor: fc.Arbitrary<Descriptor> = fc.record({
  address,
  sizeBytes: mostly(fc.constantFrom(1, 12, 16, 20, 32, 64, 513, 512, 1024), number32),
  flags: mostly(fc.nat(3), fc.nat(0xffff)),
  next: mostly(fc.nat(5), fc.nat(0xffff)),
});

const width = fc.constantFrom<AccessBytes[]>(1, 2, 4, 4, 4, 8);
const offset = fc.oneof(fc.constantFrom(...Object.values(register)), fc.nat(0x1ff));
const features = fc.constantFrom(
  0n,
  common.version1 ?? 0n,
  (1n << 33n) - 1n,
  ((1n << 33n) - 1n) & ~common.eventIndex,
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ read: offset, width }),
  fc.record({ write: offset, width, value: fc.oneof(number32.map(BigInt), wide) }),
  fc.record({ poke: fc.nat(memoryBytes - 64), bytes: fc.uint8Array({ maxLength: 64 }) }),
  fc.record({ restart: features }),
  ...[0, 1, 2, 3, 4, 5].map(() =>
    fc.record({
      queue: fc.nat(1),
      head: mostly(fc.constant(0), fc.nat(0xffff)),
      chain: fc.array(descriptor, { minLength: 1, maxLength: 6 }),
    }),
  ),
);

/** A driver without scruples. */
class Attacker {
  readonly machine = new TestMachine(memoryBytes);
  readonly #device: Device;
  #driver: TestDriver;
  #accesses = 0;

  constructor(rig: (typeof rigs)[string]) {
    this.#device = rig()({ ...this.machine.services, memory: this.#countedMemory() });
    this.#driver = this.#start((1n << 33n) - 1n);
  }

  do(step: Step): void {
    this.#accesses = 0;
    if ("restart" in step) {
      this.#driver = this.#start(step.restart);
    } else if ("poke" in step) {
      this.machine.bytes.set(step.bytes, step.poke);
    } else if ("chain" in step) {
      this.#offer(step.queue, step.head, step.chain);
    } else if ("write" in step) {
      const at = step.write - (step.write % step.width);
      this.#device.write(at, step.width, BigInt.asUintN(8 * step.width, step.value));
    } else {
      const value = this.#device.read(step.read - (step.read % step.width), step.width) ?? 0n;
      expect(BigInt.asUintN(8 * step.width, value)).toBe(value);
    }
    this.#accesses = 0;
    this.machine.skip();
  }

  #offer(index: number, head: number, chain: readonly Descriptor[]): void {
    if (this.#driver.get(register.status) !== 15) this.#driver = this.#start((1n << 33n) - 1n);
    const queue = this.#driver.queue(index % this.#driver.queues.length);
    for (const [at, { address, sizeBytes, flags, next }] of chain.entries()) {
      const view = this.#driver.view(queue.descriptors + 16 * at);
      view.setBigUint64(0, address, true);
      view.setUint32(8, sizeBytes, true);
      view.setUint16(12, flags, true);
      view.setUint16(14, next, true);
    }
    this.#driver.makeAvailable(queue, head);
    this.#driver.notify(queue.index);
  }

  /** Sets the device up; the rest of memory is what requests may find there. */
  #start(features: bigint): TestDriver {
    const driver = new TestDriver(this.#device, this.machine);
    driver.set(register.queueSelect, 1);
    const sizes = driver.get(register.queueMaximum) > 0 ? [size, size] : [size];
    driver.start(sizes, features & driver.offered());
    for (let at = 0x600; at < 0xa00; at += 16) {
      viewOf(this.machine.bytes).setUint32(at, (at >> 4) % 14, true);
      viewOf(this.machine.bytes).setUint32(at + 8, (at >> 4) % 70, true);
    }
    return driver;
  }

  #countedMemory(): DmaMemory {
    const { memory } = this.machine.services;
    const count = (): void => {
      if (++this.#accesses > mostAccesses) throw new Error("too much work");
    };
    return {
      read: (address, sizeBytes) => {
        count();
        return memory.read(address, sizeBytes);
      },
      write: (address, bytes) => {
        count();
        return memory.write(address, bytes);
      },
    };
  }
}

describe.each(Object.entries(rigs))("%s", (_, rig) => {
  it("survives any driver", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const attacker = new Attacker(rig);
        for (const one of steps) attacker.do(one);
      }),
      { numRuns: 300 },
    );
  });
});
