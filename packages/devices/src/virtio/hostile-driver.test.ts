/**
 * A driver that breaks the rules of virtqueues gets a device that needs a reset, and nothing else
 * happens.
 */
import { describe, expect, it } from "vitest";
import { seededRandom } from "../random/random-source.ts";
import { virtioEntropy } from "./entropy.ts";
import { virtioMmio } from "./mmio.ts";
import { common, flag, register, TestDriver } from "./testing/driver.ts";
import { memoryBase, TestMachine } from "./testing/test-machine.ts";

const memoryBytes = 2 ** 20;
const size = 8;

function entropy(features?: bigint): TestDriver {
  const machine = new TestMachine(memoryBytes);
  const device = virtioMmio(virtioEntropy(seededRandom(1)))(machine.services);
  return new TestDriver(device, machine).start([size], features);
}

/** Makes a chain available that is described by hand. */
function offer(
  driver: TestDriver,
  chain: readonly (readonly [address: number, sizeBytes: number, flags: number, next?: number])[],
  head = 0,
): void {
  const queue = driver.queue(0);
  for (const [index, [address, sizeBytes, flags, next = index + 1]] of chain.entries())
    driver.describe(queue.descriptors, index, address, sizeBytes, flags, next);
  driver.makeAvailable(queue, head);
}

const { next, write, indirect } = flag;
const buffer = memoryBase + 0x8000;
const table = memoryBase + 0x9000;

/** What a driver does, and what the event says. */
const mistakes: Readonly<Record<string, readonly [(driver: TestDriver) => void, string, bigint?]>> =
  {
    "a chain that is a loop": [
      (driver) =>
        offer(driver, [
          [buffer, 1, next | write, 1],
          [buffer, 1, next | write, 0],
        ]),
      "loop",
    ],
    "a chain longer than the queue": [
      (driver) =>
        offer(
          driver,
          Array.from(
            { length: size },
            (_, at) => [buffer, 1, next | write, (at + 1) % size] as const,
          ),
        ),
      "loop",
    ],
    "a head beyond the table": [(driver) => offer(driver, [], size), "descriptor 8 of 8"],
    "a next one beyond the table": [
      (driver) => offer(driver, [[buffer, 1, next | write, 60_000]]),
      "descriptor 60000 of 8",
    ],
    "more requests than entries": [
      (driver) => {
        for (let count = 0; count <= size; count++) offer(driver, [[buffer, 1, write]]);
      },
      "9 requests in 8 entries",
    ],
    "a buffer outside of RAM": [(driver) => offer(driver, [[0x1000, 16, write]]), "outside of RAM"],
    "a buffer that ends outside of RAM": [
      (driver) => offer(driver, [[memoryBase + memoryBytes - 1, 2, write]]),
      "outside of RAM",
    ],
    "an address of 64 bits": [
      (driver) => offer(driver, [[2 ** 64 - 4096, 16, write]]),
      "outside of RAM",
    ],
    "a huge buffer": [
      (driver) => offer(driver, [[buffer, 0xffff_ffff, write]]),
      "a chain of 4294967295 bytes",
    ],
    "many huge buffers": [
      (driver) =>
        offer(
          driver,
          Array.from(
            { length: size },
            (_, at) => [buffer, 2 ** 27, at === size - 1 ? write : next | write] as const,
          ),
        ),
      "a chain of 402653184 bytes",
    ],
    "a readable buffer behind a writable one": [
      (driver) =>
        offer(driver, [
          [buffer, 1, next | write],
          [buffer, 1, 0],
        ]),
      "readable buffer behind",
    ],
    "an indirect table with a next descriptor": [
      (driver) => offer(driver, [[table, 16, indirect | next]]),
      "with a next one",
    ],
    "an indirect table in an indirect table": [
      (driver) => {
        driver.describe(table, 0, table, 16, indirect, 0);
        offer(driver, [[table, 16, indirect]]);
      },
      "in an indirect table",
    ],
    "an empty indirect table": [(driver) => offer(driver, [[table, 0, indirect]]), "0 bytes"],
    "an indirect table of half a descriptor": [
      (driver) => offer(driver, [[table, 24, indirect]]),
      "24 bytes",
    ],
    "a huge indirect table": [
      (driver) => offer(driver, [[table, 16 * 65, indirect]]),
      "1040 bytes",
    ],
    "an indirect table outside of RAM": [
      (driver) => offer(driver, [[0, 16, indirect]]),
      "outside of RAM",
    ],
    "a loop in an indirect table": [
      (driver) => {
        driver.describe(table, 0, buffer, 1, write | next, 0);
        offer(driver, [[table, 16, indirect]]);
      },
      "loop",
    ],
    "a next one beyond an indirect table": [
      (driver) => {
        driver.describe(table, 0, buffer, 1, write | next, 1);
        offer(driver, [[table, 16, indirect]]);
      },
      "descriptor 1 of 1",
    ],
    "an indirect table that was not negotiated": [
      (driver) => offer(driver, [[table, 16, indirect]]),
      "an indirect table",
      common.version1,
    ],
    "a queue that is not ready": [(driver) => driver.set(register.queueReady, 0), "not ready"],
    "areas outside of RAM": [
      (driver) => {
        driver.set(register.queueReady, 0);
        driver.set(register.driverArea, 0x1000);
        driver.set(register.queueReady, 1);
      },
      "driver area is outside",
    ],
    "a used ring outside of RAM": [
      (driver) => {
        driver.set(register.queueReady, 0);
        driver.set(register.deviceArea, 0x1000);
        driver.set(register.queueReady, 1);
        driver.view(driver.queue(0).available).setUint16(2, 0, true);
        driver.queue(0).nextAvailable = 0;
        offer(driver, [[buffer, 1, write]]);
      },
      "device area is outside",
    ],
  };

describe.each(Object.entries(mistakes))("%s", (_, [mistake, detail, features]) => {
  it("makes the device need a reset, which helps", () => {
    const driver = entropy(features);
    mistake(driver);
    driver.notify(0);
    expect(driver.machine.events).toMatchObject([
      { kind: "malformedQueue", detail: expect.stringContaining(detail) },
    ]);
    expect(driver.get(register.status)).toBe(15 | 64);
    expect([driver.machine.level, driver.acknowledge() & 2]).toEqual([true, 2]);
    // Nothing more is done: not even for a request that is well-formed.
    const { used } = driver.queue(0);
    const before = driver.bytes(used, 4 + 8 * size);
    driver.notify(0);
    expect(driver.bytes(used, 4 + 8 * size)).toEqual(before);
    driver.start([size]);
    expect(driver.request(0, [], [16]).writtenBytes).toBe(16);
    expect(driver.machine.events.length).toBe(1);
  });
});

it("an area that is not aligned makes the device need a reset", () => {
  for (const area of [register.descriptorArea, register.driverArea, register.deviceArea]) {
    const driver = entropy();
    driver.set(register.queueReady, 0);
    driver.set(area, memoryBase + 1);
    driver.set(register.queueReady, 1);
    expect(driver.get(register.queueReady)).toBe(0);
    expect(driver.machine.kinds).toEqual(["malformedQueue"]);
  }
});
