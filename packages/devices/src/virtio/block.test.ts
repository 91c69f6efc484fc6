/** The block device does to its storage what the driver asks for, however a request is laid out. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../random/random-source.ts";
import { type BlockStorage, StorageError } from "../storage/block-storage.ts";
import { bytesStorage } from "../storage/bytes-storage.ts";
import { virtioBlock } from "./block.ts";
import { viewOf } from "./little-endian.ts";
import { virtioMmio } from "./mmio.ts";
import { common, register, TestDriver, type UsedChain } from "./testing/driver.ts";
import { TestMachine } from "./testing/test-machine.ts";

const flushFeature = 1n << 9n;

function diskOf(
  storage: BlockStorage,
  { features, size = 16 }: { features?: bigint; size?: number } = {},
): TestDriver {
  const machine = new TestMachine(2 ** 20);
  const device = virtioMmio(virtioBlock(storage, { serial: "disk-1" }))(machine.services);
  return new TestDriver(device, machine).start([size], features);
}

function header(type: number, sector: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = viewOf(bytes);
  view.setUint32(0, type, true);
  view.setUint32(8, sector >>> 0, true);
  view.setUint32(12, Math.floor(sector / 2 ** 32), true);
  return bytes;
}

const statusOf = (chain: UsedChain): number | undefined => chain.bytes.at(-1);

/** Cuts bytes at the places that are given, as fractions of their length. */
function split(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = places.map((place) => Math.floor(place * bytes.length)).sort((a, b) => a - b);
  return [0, ...cuts].map((from, at) => bytes.slice(from, cuts[at] ?? bytes.length));
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 });

describe("virtio-blk", () => {
  it("reads what was written, however the buffers are split", () => {
    const sectors = 8;
    const step = fc.record({
      sector: fc.nat(sectors - 2),
      seed: fc.integer(),
      readable: places,
      writable: places,
      indirect: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.constantFrom(16, 32), (steps, size) => {
        const model = new Uint8Array(512 * sectors);
        const bytes = new Uint8Array(512 * sectors);
        const driver = diskOf(bytesStorage(bytes), { size });
        for (const { sector, seed, readable, writable, indirect } of steps) {
          const data = new Uint8Array(1024);
          seededRandom(seed).fill(data);
          const request = Uint8Array.of(...header(1, sector), ...data);
          const write = driver.request(0, split(request, readable), [1], indirect);
          expect([statusOf(write), write.writtenBytes]).toEqual([0, 1]);
          model.set(data, 512 * sector);
          expect(bytes).toEqual(model);
          const into = split(new Uint8Array(1025), writable).map(({ length }) => length);
          const read = driver.request(0, split(header(0, sector), readable), into, indirect);
          expect([statusOf(read), read.writtenBytes]).toEqual([0, 1025]);
          expect(read.bytes.subarray(0, 1024)).toEqual(data);
        }
        expect(driver.machine.events).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("describes itself", () => {
    const driver = diskOf(bytesStorage(new Uint8Array(512 * 7)));
    expect(driver.get(register.deviceId)).toBe(2);
    expect(driver.device.read(register.configuration, 8)).toBe(7n);
    expect(driver.get(register.configuration + 12)).toBe(126);
    expect(driver.get(register.configuration + 20)).toBe(512);
    const id = driver.request(0, [header(8, 0)], [20, 1]);
    expect(new TextDecoder().decode(id.bytes.subarray(0, 20))).toBe("disk-1".padEnd(20, "\0"));
  });

  it("flushes when the driver asks, and after each write if it never will", () => {
    const log: string[] = [];
    const bytes = bytesStorage(new Uint8Array(1024));
    const logging: BlockStorage = {
      ...bytes,
      write: (offset, data) => {
        bytes.write(offset, data);
        log.push("write");
      },
      flush: () => log.push("flush"),
    };
    const data = new Uint8Array(512);
    const writeBack = diskOf(logging);
    writeBack.request(0, [header(1, 0), data], [1]);
    expect(log).toEqual(["write"]);
    expect(statusOf(writeBack.request(0, [header(4, 0)], [1]))).toBe(0);
    expect(log.splice(0)).toEqual(["write", "flush"]);
    const offered = writeBack.offered();
    const writeThrough = diskOf(logging, { features: offered & ~flushFeature });
    writeThrough.request(0, [header(1, 0), data], [1]);
    expect(log).toEqual(["write", "flush"]);
  });

  it("sets sectors to zero", () => {
    const bytes = new Uint8Array(512 * 4).fill(7);
    const driver = diskOf(bytesStorage(bytes));
    const range = (sector: number, sectors: number, flags = 0): Uint8Array => {
      const part = header(sector, 0);
      viewOf(part).setUint32(8, sectors, true);
      viewOf(part).setUint32(12, flags, true);
      return part;
    };
    expect(statusOf(driver.request(0, [header(13, 0), range(1, 2)], [1]))).toBe(0);
    expect(bytes).toEqual(new Uint8Array(512 * 4).fill(7).fill(0, 512, 1536));
    expect(statusOf(driver.request(0, [header(13, 0), range(3, 2)], [1]))).toBe(1);
    expect(statusOf(driver.request(0, [header(13, 0), range(0, 1, 2)], [1]))).toBe(2);
    expect(statusOf(driver.request(0, [header(13, 0)], [1]))).toBe(1);
  });

  it("answers what can't be done with an error, and goes on", () => {
    const driver = diskOf(bytesStorage(new Uint8Array(1024)));
    const sector = new Uint8Array(512);
    const ended = [
      driver.request(0, [header(0, 2)], [512, 1]),
      driver.request(0, [header(0, 2 ** 53)], [512, 1]),
      driver.request(0, [header(0, 0)], [511, 1]),
      driver.request(0, [header(0, 1)], [1024, 1]),
      driver.request(0, [header(1, 1), sector, sector], [1]),
      driver.request(0, [header(1, 1), sector.subarray(1)], [1]),
      driver.request(0, [header(8, 0)], [19, 1]),
      driver.request(0, [header(99, 0)], [1]),
    ];
    expect(ended.map(statusOf)).toEqual([1, 1, 1, 1, 1, 1, 1, 2]);
    // Only what was written from the first byte on counts, which the status behind the data isn't.
    const written = ended.map(({ writtenBytes }) => writtenBytes);
    expect(written).toEqual([0, 0, 0, 0, 1, 1, 0, 1]);
    expect(statusOf(driver.request(0, [header(0, 1)], [512, 1]))).toBe(0);
    expect(driver.machine.events).toEqual([]);
  });

  it("is read-only over read-only storage", () => {
    const bytes = new Uint8Array(1024);
    const driver = diskOf(bytesStorage(bytes, { readOnly: true }));
    expect(driver.offered() & (1n << 5n)).toBe(1n << 5n);
    const ended = driver.request(0, [header(1, 0), new Uint8Array(512).fill(1)], [1]);
    expect(statusOf(ended)).toBe(1);
    expect(bytes).toEqual(new Uint8Array(1024));
    expect(diskOf(bytesStorage(bytes)).offered() & (1n << 5n)).toBe(0n);
  });

  it("turns failures of its storage into errors and events", () => {
    const failing: BlockStorage = {
      ...bytesStorage(new Uint8Array(1024)),
      write: () => {
        throw new StorageError("no space left", { failure: "noSpace" });
      },
      flush: () => {
        throw new StorageError("the disk is gone", { failure: "io" });
      },
    };
    const driver = diskOf(failing);
    expect(statusOf(driver.request(0, [header(1, 0), new Uint8Array(512)], [1]))).toBe(1);
    expect(statusOf(driver.request(0, [header(4, 0)], [1]))).toBe(1);
    expect(driver.machine.events.map(({ kind, detail }) => [kind, detail])).toEqual([
      ["hostFailure", "at byte 0: no space left"],
      ["hostFailure", "at byte 0: the disk is gone"],
    ]);
  });

  it("needs a reset after a request without a header or a status", () => {
    for (const [readable, writable] of [
      [[], [1]],
      [[header(0, 0).subarray(1)], [1]],
      [[header(0, 0)], []],
    ] as const) {
      const driver = diskOf(bytesStorage(new Uint8Array(1024)));
      driver.offer(0, [...readable], [...writable]);
      driver.notify(0);
      expect(driver.get(register.status) & 64).toBe(64);
      expect(driver.machine.kinds).toEqual(["malformedQueue"]);
    }
  });

  it("works for 2^16 requests and more: indices wrap around", () => {
    const bytes = new Uint8Array(512);
    const driver = diskOf(bytesStorage(bytes), {
      features: common.version1 | flushFeature,
      size: 4,
    });
    const write = new Uint8Array(528);
    write.set(header(1, 0));
    const stamp = viewOf(write);
    for (let count = 0; count < 2 ** 16 + 10; count++) {
      stamp.setUint32(16, count, true);
      expect(statusOf(driver.request(0, [write], [1]))).toBe(0);
    }
    expect(viewOf(bytes).getUint32(0, true)).toBe(2 ** 16 + 9);
    driver.device.restore(driver.device.state());
    expect(statusOf(driver.request(0, [write], [1]))).toBe(0);
  });
});
