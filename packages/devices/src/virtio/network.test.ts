/** The network device carries frames unchanged both ways, and drops what there is no room for. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MacAddressError } from "../errors.ts";
import type { FrameReceiver, NetworkLink } from "../network/network-link.ts";
import { virtualSwitch } from "../network/virtual-switch.ts";
import { seededRandom } from "../random/random-source.ts";
import { virtioMmio } from "./mmio.ts";
import { virtioNetwork } from "./network.ts";
import { common, register, TestDriver } from "./testing/driver.ts";
import { TestMachine } from "./testing/test-machine.ts";

const mac = "52:54:00:12:34:56";

/** A link whose other end is the test's. */
class TestLink implements NetworkLink {
  readonly sent: Uint8Array[] = [];
  receive: FrameReceiver = () => {};

  send(frame: Uint8Array): void {
    this.sent.push(frame);
  }

  onReceive(receiver: FrameReceiver | undefined): void {
    this.receive = receiver ?? (() => {});
  }
}

function card(link: NetworkLink, features?: bigint, waitingFrames = 4): TestDriver {
  const machine = new TestMachine(2 ** 21);
  const model = virtioNetwork(link, { mac, waitingFrames });
  return new TestDriver(virtioMmio(model)(machine.services), machine).start([16, 16], features);
}

function frameOf(sizeBytes: number, seed = 1): Uint8Array {
  const frame = new Uint8Array(sizeBytes);
  seededRandom(seed).fill(frame);
  return frame;
}

const droppedBy = (driver: TestDriver): unknown =>
  (driver.device.state() as { device: { model: { dropped: number } } }).device.model.dropped;

describe("virtio-net", () => {
  it("describes itself", () => {
    const driver = card(new TestLink());
    expect(driver.get(register.deviceId)).toBe(1);
    const bytes = [0, 1, 2, 3, 4, 5].map((at) =>
      driver.device.read(register.configuration + at, 1),
    );
    expect(bytes).toEqual([0x52n, 0x54n, 0x00n, 0x12n, 0x34n, 0x56n]);
    expect(driver.device.read(register.configuration + 6, 2)).toBe(1n);
    for (const address of ["", "52:54:00:12:34", "52:54:00:12:34:5g", "53:54:00:12:34:56"])
      expect(() => virtioNetwork(new TestLink(), { mac: address })).toThrow(MacAddressError);
  });

  it("sends frames without their header, however they are split", () => {
    const link = new TestLink();
    const driver = card(link);
    fc.assert(
      fc.property(
        fc.integer({ min: 14, max: 3000 }),
        fc.nat(3000),
        fc.boolean(),
        (size, cut, indirect) => {
          const frame = frameOf(size);
          const whole = Uint8Array.of(...new Uint8Array(12), ...frame);
          driver.request(1, [whole.subarray(0, cut), whole.subarray(cut)], [], indirect);
          expect(link.sent.pop()).toEqual(frame);
        },
      ),
    );
  });

  it("receives frames behind a header, into any buffers that are large enough", () => {
    const link = new TestLink();
    for (const [features, headerBytes] of [
      [undefined, 12],
      [0n, 10],
    ] as const) {
      const driver = card(link, features);
      driver.offer(0, [], [headerBytes, 700, 818]);
      const frame = frameOf(1518);
      link.receive(frame);
      const [chain] = driver.collect(0);
      const header = new Uint8Array(headerBytes);
      if (headerBytes === 12) header[10] = 1;
      expect(chain?.writtenBytes).toBe(headerBytes + 1518);
      expect(chain?.bytes).toEqual(Uint8Array.of(...header, ...frame));
      expect(driver.acknowledge()).toBe(1);
    }
  });

  it("lets frames wait for buffers, in order, and drops those beyond its limit", () => {
    const link = new TestLink();
    const driver = card(link);
    for (let seed = 0; seed < 6; seed++) link.receive(frameOf(60, seed));
    expect(droppedBy(driver)).toBe(2);
    for (let count = 0; count < 5; count++) driver.offer(0, [], [100]);
    driver.notify(0);
    const received = driver.collect(0).map(({ bytes }) => bytes.slice(12, 72));
    expect(received).toEqual([0, 1, 2, 3].map((seed) => frameOf(60, seed)));
    link.receive(frameOf(60, 9));
    expect(driver.collect(0)[0]?.bytes.slice(12, 72)).toEqual(frameOf(60, 9));
  });

  it("drops what doesn't fit, in either direction", () => {
    const link = new TestLink();
    const driver = card(link);
    driver.offer(0, [], [60]);
    link.receive(frameOf(60));
    expect(driver.collect(0)[0]?.writtenBytes).toBe(0);
    link.receive(frameOf(2 ** 17));
    driver.request(1, [new Uint8Array(12 + 2 ** 17)], []);
    driver.request(1, [new Uint8Array(20)], []);
    expect([link.sent.length, droppedBy(driver)]).toEqual([0, 4]);
    expect(driver.machine.events).toEqual([]);
    driver.offer(1, [new Uint8Array(11)], []);
    driver.notify(1);
    expect(driver.machine.kinds).toEqual(["malformedQueue"]);
    link.receive(frameOf(60));
    expect(droppedBy(driver)).toBe(5);
  });

  it("drops frames until a driver runs", () => {
    const link = new TestLink();
    const machine = new TestMachine(2 ** 16);
    const device = virtioMmio(virtioNetwork(link, { mac }))(machine.services);
    link.receive(frameOf(60));
    const driver = new TestDriver(device, machine).start([4, 4], common.version1);
    driver.offer(0, [], [100]);
    driver.notify(0);
    expect(driver.collect(0)).toEqual([]);
  });

  it("keeps waiting frames in its state", () => {
    const link = new TestLink();
    const driver = card(link);
    link.receive(frameOf(60, 1));
    link.receive(frameOf(70, 2));
    const state: unknown = JSON.parse(JSON.stringify(driver.device.state()));
    driver.device.reset();
    driver.device.restore(state);
    driver.offer(0, [], [100]);
    driver.offer(0, [], [100]);
    driver.notify(0);
    expect(driver.collect(0).map(({ writtenBytes }) => writtenBytes)).toEqual([72, 82]);
  });

  it("joins two machines through a switch", () => {
    const fabric = virtualSwitch();
    const [left, right] = [card(fabric.connect()), card(fabric.connect())];
    for (let count = 0; count < 8; count++) right.offer(0, [], [1530]);
    right.notify(0);
    for (let seed = 0; seed < 8; seed++) {
      const frame = frameOf(100 + seed, seed);
      frame[6] = 2;
      left.request(1, [new Uint8Array(12), frame], []);
    }
    const received = right.collect(0).map(({ writtenBytes }) => writtenBytes);
    expect(received).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((seed) => 112 + seed));
    expect(right.machine.level).toBe(true);
  });
});
