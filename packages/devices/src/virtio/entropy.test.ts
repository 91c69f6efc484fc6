/** The entropy device fills buffers from its source and from nothing else. */
import { describe, expect, it } from "vitest";
import { seededRandom } from "../random/random-source.ts";
import { virtioEntropy } from "./entropy.ts";
import { virtioMmio } from "./mmio.ts";
import { register, TestDriver } from "./testing/driver.ts";
import { TestMachine } from "./testing/test-machine.ts";

function entropy(seed: number): TestDriver {
  const machine = new TestMachine(2 ** 20);
  const device = virtioMmio(virtioEntropy(seededRandom(seed)))(machine.services);
  return new TestDriver(device, machine).start([8]);
}

describe("virtio-rng", () => {
  it("gives the bytes of its source, over all buffers of a chain", () => {
    const driver = entropy(5);
    const expected = new Uint8Array(40);
    seededRandom(5).fill(expected);
    const { bytes, writtenBytes } = driver.request(0, [], [3, 37]);
    expect(driver.get(register.deviceId)).toBe(4);
    expect([...bytes]).toEqual([...expected]);
    expect(writtenBytes).toBe(40);
  });

  it("fills 64 KiB at most", () => {
    const { bytes, writtenBytes } = entropy(1).request(0, [], [70_000]);
    expect(writtenBytes).toBe(2 ** 16);
    expect(bytes.subarray(2 ** 16)).toEqual(new Uint8Array(70_000 - 2 ** 16));
  });

  it("goes on where its state was taken", () => {
    const driver = entropy(1);
    driver.request(0, [], [100]);
    const state: unknown = JSON.parse(JSON.stringify(driver.device.state()));
    const next = driver.request(0, [], [64]).bytes;
    const other = entropy(2);
    other.machine.bytes.set(driver.machine.bytes);
    other.device.restore(state);
    other.queues[0] = { ...driver.queue(0), nextAvailable: 1, nextUsed: 1 };
    expect(other.request(0, [], [64]).bytes).toEqual(next);
  });
});
