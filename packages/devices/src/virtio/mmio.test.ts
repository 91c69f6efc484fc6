/** The transport: registers, negotiation, status, interrupts; and what holds of every device. */
import { describe, expect, it } from "vitest";
import type { Device, DeviceServices } from "../device.ts";
import { deviceLaws } from "../device-laws.ts";
import { virtualSwitch } from "../network/virtual-switch.ts";
import { seededRandom } from "../random/random-source.ts";
import { bytesStorage } from "../storage/bytes-storage.ts";
import { virtioBlock } from "./block.ts";
import { type ConsoleInput, virtioConsole } from "./console.ts";
import { virtioEntropy } from "./entropy.ts";
import { virtioMmio } from "./mmio.ts";
import type { VirtioModelFactory } from "./model.ts";
import { virtioNetwork } from "./network.ts";
import { common, register, TestDriver } from "./testing/driver.ts";
import { TestMachine } from "./testing/test-machine.ts";

/** A model that completes all its requests, and counts them. */
function counting(queueSize: number, taken: { count: number }): VirtioModelFactory {
  return (host) => ({
    name: "virtio-test",
    deviceId: 63,
    features: [3, 40],
    queueSizes: [queueSize, 4],
    configuration: () => Uint8Array.of(1, 2, 3, 4, 5, 6),
    notify: (queue) => {
      for (let chain = host.take(queue); chain !== undefined; chain = host.take(queue)) {
        taken.count++;
        chain.complete(0);
      }
    },
    state: () => null,
    restore: () => {},
    reset: () => {},
  });
}

function start(queueSize = 8): { driver: TestDriver; taken: { count: number } } {
  const taken = { count: 0 };
  const machine = new TestMachine(2 ** 20);
  const device = virtioMmio(counting(queueSize, taken))(machine.services);
  return { driver: new TestDriver(device, machine), taken };
}

const offsets = Object.values(register);

describe("virtio-mmio", () => {
  it("identifies itself, and an empty slot as one", () => {
    const machine = new TestMachine(0);
    const identity = (device: Device): unknown =>
      [0x000, 0x004, 0x008, 0x00c].map((at) => device.read(at, 4));
    const some = start().driver.device;
    expect(identity(some)).toEqual([0x74726976n, 2n, 63n, 0x564f5349n]);
    const empty = virtioMmio(undefined, { sizeBytes: 0x200 })(machine.services);
    expect(identity(empty)).toEqual([0x74726976n, 2n, 0n, 0x564f5349n]);
    expect([some.sizeBytes, empty.sizeBytes]).toEqual([0x1000, 0x200]);
    expect(machine.events).toEqual([]);
  });

  it("offers features in two halves and agrees to no others", () => {
    const { driver } = start();
    const own = (1n << 3n) | (1n << 40n);
    const offered = own | common.indirect | common.eventIndex | common.version1;
    expect(driver.offered()).toBe(offered);
    driver.set(register.deviceFeaturesSelect, 2);
    expect(driver.get(register.deviceFeatures)).toBe(0);
    expect(driver.start([], own).get(register.status)).toBe(15);
    expect(driver.start([], own | (1n << 41n)).get(register.status) & 8).toBe(0);
    expect(driver.start([], 1n << 4n).get(register.status) & 8).toBe(0);
  });

  it("keeps to the features that were agreed on", () => {
    const { driver, taken } = start();
    driver.start([8], common.version1);
    driver.set(register.driverFeaturesSelect, 0);
    driver.set(register.driverFeatures, Number(common.indirect));
    driver.offer(0, [Uint8Array.of(1)], [], true);
    driver.notify(0);
    expect(taken.count).toBe(0);
    expect(driver.machine.kinds).toEqual(["invalidValue", "malformedQueue"]);
  });

  it("signals used buffers until that is acknowledged", () => {
    const { driver } = start();
    driver.start([8], common.version1);
    driver.request(0, [Uint8Array.of(1)], []);
    expect([driver.machine.level, driver.get(register.interruptStatus)]).toEqual([true, 1]);
    driver.set(register.interruptAcknowledge, 2);
    expect(driver.machine.level).toBe(true);
    driver.set(register.interruptAcknowledge, 1);
    expect([driver.machine.level, driver.get(register.interruptStatus)]).toEqual([false, 0]);
  });

  it("doesn't signal what the driver doesn't want to hear of", () => {
    const { driver } = start();
    driver.start([8], common.version1);
    driver.view(driver.queue(0).available).setUint16(0, 1, true);
    driver.request(0, [Uint8Array.of(1)], []);
    expect(driver.machine.level).toBe(false);
  });

  it("signals at the event index, and asks for notifications at its own", () => {
    const { driver } = start();
    driver.start([8], common.version1 | common.eventIndex);
    const { available, used } = driver.queue(0);
    const interruptAt = (index: number): void =>
      driver.view(available).setUint16(4 + 2 * 8, index, true);
    const levels: boolean[] = [];
    for (let count = 0; count < 5; count++) {
      interruptAt(2);
      driver.offer(0, [Uint8Array.of(1)], []);
      driver.notify(0);
      levels.push(driver.machine.level);
      expect(driver.view(used).getUint16(4 + 8 * 8, true)).toBe(count + 1);
    }
    expect(levels).toEqual([false, false, true, true, true]);
  });

  it("looks at requests from before it was allowed to", () => {
    const { driver, taken } = start();
    driver.start([8]);
    driver.set(register.status, 0);
    driver.set(register.status, 3);
    driver.set(register.driverFeatures, 0);
    driver.set(register.status, 11);
    const { descriptors, available, used } = driver.queue(0);
    for (const [at, value] of [
      [register.queueSelect, 0],
      [register.queueSize, 8],
      [register.descriptorArea, descriptors],
      [register.driverArea, available],
      [register.deviceArea, used],
      [register.queueReady, 1],
    ] as const)
      driver.set(at, value);
    driver.offer(0, [Uint8Array.of(1)], []);
    driver.notify(0);
    expect([taken.count, driver.machine.kinds]).toEqual([0, ["invalidValue"]]);
    driver.set(register.status, 15);
    expect(taken.count).toBe(1);
  });

  it("does a long queue in turns, the guest's time passing in between", () => {
    const { driver, taken } = start(2048);
    driver.start([2048]);
    for (let count = 0; count < 2000; count++) driver.offer(0, [Uint8Array.of(1)], []);
    driver.notify(0);
    expect(taken.count).toBe(1024);
    // A state that is taken now knows of the rest.
    const state: unknown = JSON.parse(JSON.stringify(driver.device.state()));
    driver.device.reset();
    expect(driver.machine.skip()).toBe(false);
    driver.device.restore(state);
    expect([driver.machine.skip(), taken.count]).toEqual([true, 2000]);
    expect(driver.machine.skip()).toBe(false);
    expect(driver.collect(0).length).toBe(2000);
  });

  it("has 32-bit registers, pairs of which can be accessed at once", () => {
    const { driver } = start();
    const { device, machine } = driver;
    expect(device.read(0x000, 8)).toBe(0x2_7472_6976n);
    expect([device.read(0x000, 1), device.read(0x002, 2)]).toEqual([0n, 0n]);
    expect(device.write(register.status, 1, 1n)).toBe(true);
    expect(driver.get(register.status)).toBe(0);
    expect(machine.events.map(({ kind }) => kind)).toEqual(Array(3).fill("unknownRegister"));
  });

  it("has a configuration space of bytes, with nothing behind", () => {
    const { device, machine } = start().driver;
    const at = register.configuration;
    expect(device.read(at, 1)).toBe(1n);
    expect(device.read(at + 2, 2)).toBe(0x0403n);
    expect(device.read(at, 4)).toBe(0x0403_0201n);
    expect(machine.events).toEqual([]);
    expect(device.read(at + 4, 4)).toBe(0xffff_ffffn);
    expect(device.read(at + 0x80, 8)).toBe(0xffff_ffff_ffff_ffffn);
    expect(device.write(at, 4, 1n)).toBe(true);
    expect(machine.kinds).toEqual(["unknownRegister"]);
  });

  it("takes only sizes that a queue can have, and none while it is in use", () => {
    const { driver } = start();
    for (const size of [0, 3, 16, 2 ** 31]) driver.set(register.queueSize, size);
    expect(driver.machine.events.length).toBe(4);
    driver.set(register.queueSelect, 2);
    expect(driver.get(register.queueMaximum)).toBe(0);
    driver.set(register.queueSize, 4);
    driver.set(register.queueReady, 1);
    expect(driver.get(register.queueReady)).toBe(0);
    driver.start([8]);
    driver.set(register.deviceArea, 0);
    expect(driver.machine.kinds).toEqual(["invalidValue"]);
    driver.request(0, [Uint8Array.of(1)], []);
  });
});

describe.each<[string, (services: DeviceServices) => Device]>([
  ["an empty slot", virtioMmio()],
  ["virtio-blk", virtioMmio(virtioBlock(bytesStorage(new Uint8Array(1024))))],
  ["virtio-rng", virtioMmio(virtioEntropy(seededRandom(1)))],
  [
    "virtio-net",
    virtioMmio(virtioNetwork(virtualSwitch().connect(), { mac: "02:00:00:00:00:01" })),
  ],
])("%s", (_, device) => {
  deviceLaws({ device, offsets });
});

describe("virtio-console", () => {
  const inputs = new WeakMap<Device, ConsoleInput>();
  deviceLaws({
    device: (services) => {
      let input: ConsoleInput | undefined;
      const attach = (end: ConsoleInput): void => {
        input = end;
      };
      const device = virtioMmio(virtioConsole({ transmit: () => {}, attach }))(services);
      if (input !== undefined) inputs.set(device, input);
      return device;
    },
    offsets,
    host: (device, number) => {
      if (number % 3 === 0) inputs.get(device)?.resize({ columns: number, rows: 25 });
      else inputs.get(device)?.receive(Uint8Array.of(number));
    },
    quiet: (device) => inputs.get(device)?.resize({ columns: 80, rows: 24 }),
  });
});
