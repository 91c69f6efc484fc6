/** The switch learns, keeps order, and ends whatever its receivers do. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeviceStateError } from "../errors.ts";
import { type SwitchPort, type VirtualSwitch, virtualSwitch } from "./virtual-switch.ts";

/** A frame between stations that are numbered; 255 is everybody. */
function frame(to: number, from: number, payload = 0): Uint8Array {
  const address = (station: number): number[] =>
    station === 255 ? Array.from({ length: 6 }, () => 255) : [2, 0, 0, 0, 0, station];
  return Uint8Array.of(...address(to), ...address(from), 8, 0, payload);
}

/** Ports, and what each received: the last byte of each frame. */
function ports(
  count: number,
  options = {},
): { fabric: VirtualSwitch; ports: SwitchPort[]; received: number[][] } {
  const fabric = virtualSwitch(options);
  const received: number[][] = [];
  const all = Array.from({ length: count }, (_, index) => {
    const port = fabric.connect();
    const frames: number[] = [];
    received[index] = frames;
    port.onReceive((bytes) => frames.push(bytes.at(-1) ?? -1));
    return port;
  });
  return { fabric, ports: all, received };
}

describe("virtualSwitch", () => {
  it("floods what it doesn't know, and forwards what it has learnt to one port", () => {
    const { ports: all, received } = ports(3);
    all[0]?.send(frame(1, 0, 1));
    expect(received).toEqual([[], [1], [1]]);
    all[1]?.send(frame(0, 1, 2));
    expect(received).toEqual([[2], [1], [1]]);
    all[0]?.send(frame(1, 0, 3));
    expect(received).toEqual([[2], [1, 3], [1]]);
    all[2]?.send(frame(255, 2, 4));
    expect(received).toEqual([[2, 4], [1, 3, 4], [1]]);
    // To a station behind the port that it comes from.
    all[0]?.send(frame(0, 7, 5));
    expect(received).toEqual([[2, 4], [1, 3, 4], [1]]);
    expect(all.map((port) => port.counters)).toEqual([
      { sent: 3, received: 2, dropped: 0 },
      { sent: 1, received: 3, dropped: 0 },
      { sent: 1, received: 1, dropped: 0 },
    ]);
  });

  it("gives each frame to its station once it has heard it, in order, and to nobody else", () => {
    const step = fc.record({ from: fc.nat(3), to: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const { ports: all, received } = ports(4);
        for (const [index, port] of all.entries()) port.send(frame(index, index));
        const expected: number[][] = all.map(() => []);
        for (const [count, { from, to }] of steps.entries()) {
          all[from]?.send(frame(to, from, count + 100));
          if (from !== to) expected[to]?.push((count + 100) & 0xff);
        }
        expect(received.map((frames) => frames.filter((payload) => payload > 0))).toEqual(
          expected.map((frames) => frames.filter((payload) => payload > 0)),
        );
      }),
    );
  });

  it("forwards an answer after the frames before it", () => {
    const fabric = virtualSwitch();
    const log: string[] = [];
    const [first, second, third] = [fabric.connect(), fabric.connect(), fabric.connect()];
    first.onReceive((bytes) => log.push(`first ${bytes.at(-1)}`));
    second.onReceive((bytes) => {
      log.push(`second ${bytes.at(-1)}`);
      if (bytes.at(-1) === 1) second.send(frame(255, 1, 2));
    });
    third.onReceive((bytes) => log.push(`third ${bytes.at(-1)}`));
    first.send(frame(255, 0, 1));
    expect(log).toEqual(["second 1", "third 1", "first 2", "third 2"]);
  });

  it("ends though two receivers answer each other for ever", () => {
    const fabric = virtualSwitch();
    const [first, second] = [fabric.connect(), fabric.connect()];
    first.onReceive(() => first.send(frame(1, 0)));
    second.onReceive(() => second.send(frame(0, 1)));
    first.send(frame(1, 0));
    expect(first.counters.sent + second.counters.sent).toBe(1024);
    expect(first.counters.dropped + second.counters.dropped).toBe(1);
    first.send(frame(1, 0));
    expect(first.counters.sent + second.counters.sent).toBe(2048);
  });

  it("drops what is no frame, and what a port sends that is unplugged", () => {
    const { ports: all, received } = ports(2);
    const [first, second] = all;
    first?.send(frame(1, 0).subarray(0, 13));
    first?.send(new Uint8Array(2 ** 17));
    expect(first?.counters.dropped).toBe(2);
    second?.disconnect();
    first?.send(frame(1, 0, 9));
    second?.send(frame(0, 1, 9));
    expect(received).toEqual([[], []]);
    expect(second?.counters.dropped).toBe(1);
  });

  it("remembers the addresses that it heard last", () => {
    const { ports: all, received } = ports(3, { addresses: 2 });
    for (const station of [1, 2, 1, 3]) all[1]?.send(frame(255, station));
    for (const frames of received) frames.length = 0;
    all[0]?.send(frame(1, 255, 7));
    expect(received).toEqual([[], [7], []]);
    all[0]?.send(frame(2, 255, 8));
    expect(received).toEqual([[], [7, 8], [8]]);
  });

  it("forgets a port's addresses when it is unplugged, and the oldest beyond its limit", () => {
    const { ports: all, received } = ports(3, { addresses: 2 });
    all[1]?.send(frame(255, 1));
    all[2]?.send(frame(255, 2));
    all[2]?.send(frame(255, 3));
    for (const frames of received) frames.length = 0;
    all[0]?.send(frame(1, 0, 7));
    expect(received).toEqual([[], [7], [7]]);
    all[2]?.disconnect();
    all[0]?.send(frame(3, 0, 8));
    expect(received).toEqual([[], [7, 8], [7]]);
  });

  it("keeps what it forwards apart from what the sender does with it", () => {
    const fabric = virtualSwitch();
    const [first, second] = [fabric.connect(), fabric.connect()];
    let kept: Uint8Array | undefined;
    second.onReceive((bytes) => {
      kept = bytes;
    });
    const sent = frame(1, 0, 5);
    first.send(sent);
    sent.fill(0);
    expect(kept).toEqual(frame(1, 0, 5));
  });

  it("keeps what it has learnt in its state", () => {
    const first = ports(3, { addresses: 2 });
    for (const station of [1, 2]) first.ports[station]?.send(frame(255, station));
    const state: unknown = JSON.parse(JSON.stringify(first.fabric.state()));
    const second = ports(3, { addresses: 2 });
    second.ports[2]?.send(frame(255, 1));
    second.fabric.restore(state);
    for (const frames of second.received) frames.length = 0;
    second.ports[0]?.send(frame(1, 255, 7));
    second.ports[0]?.send(frame(2, 255, 8));
    expect(second.received).toEqual([[], [7], [8]]);
    expect(second.fabric.state()).toEqual(state);
    // The order of learning is kept, too: the oldest is forgotten first.
    second.ports[0]?.send(frame(255, 9));
    second.received[1]?.splice(0);
    second.ports[0]?.send(frame(1, 255, 5));
    expect(second.received[1]).toEqual([5]);
    expect(second.received[2]?.at(-1)).toBe(5);
  });

  it("refuses what is no state of it", () => {
    const { fabric } = ports(1);
    const entry = { address: "2:0:0:0:0:1", port: 0 };
    fabric.restore({ seen: [entry] });
    const kept = fabric.state();
    for (const seen of [undefined, [7], [{ ...entry, port: 1 }], [{ ...entry, address: "x" }]]) {
      expect(() => fabric.restore({ seen })).toThrow(DeviceStateError);
    }
    expect(() => fabric.restore(null)).toThrow(DeviceStateError);
    expect(fabric.state()).toEqual(kept);
  });
});
