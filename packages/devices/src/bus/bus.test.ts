import { describe, expect, it } from "vitest";
import { Bus, BusMapError, type Device, type DeviceEvent } from "../index.ts";

const ram = (sizeBytes: number): Device => {
  const bytes = new DataView(new ArrayBuffer(sizeBytes));
  return {
    name: "ram",
    sizeBytes,
    read: (offset, width) => (width === 4 ? BigInt(bytes.getUint32(offset, true)) : undefined),
    write(offset, width, value) {
      if (width === 4) bytes.setUint32(offset, Number(value), true);
      return width === 4;
    },
    state: () => ({}),
    restore() {},
    reset() {},
  };
};

const range = (name: string, base: number, sizeBytes = 16) => ({
  name,
  base,
  sizeBytes,
  device: ram(sizeBytes),
});

function busOf(...ranges: ReturnType<typeof range>[]): { bus: Bus; events: DeviceEvent[] } {
  const events: DeviceEvent[] = [];
  return { bus: new Bus(ranges, (event) => void events.push(event)), events };
}

describe("a bus", () => {
  it("reaches the device at an address, at every offset", () => {
    const { bus, events } = busOf(range("b", 32), range("a", 16), range("c", 2 ** 52));
    for (const [index, base] of [16, 32, 2 ** 52].entries())
      for (const offset of [0, 4, 8, 12])
        expect(bus.write(base + offset, 4, BigInt(16 * index + offset))).toBe(true);
    for (const [index, base] of [16, 32, 2 ** 52].entries())
      for (const offset of [0, 4, 8, 12])
        expect(bus.read(base + offset, 4)).toBe(BigInt(16 * index + offset));
    expect(bus.find(47)?.name).toBe("b");
    expect([bus.find(15), bus.find(48), bus.find(0)]).toEqual([undefined, undefined, undefined]);
    expect(events).toEqual([]);
  });

  it("refuses and tells what nothing answers", () => {
    const { bus, events } = busOf(range("a", 16, 12), range("b", 32));
    expect(bus.read(0, 1)).toBeUndefined();
    expect(bus.write(18, 4, 7n)).toBe(false);
    expect(bus.read(24, 8)).toBeUndefined(); // Leaves the range.
    expect(bus.read(32, 2)).toBeUndefined();
    expect(bus.write(34, 2, 1n)).toBe(false);
    expect(events).toEqual([
      { device: "bus", kind: "unmapped", offset: 0, width: 1 },
      { device: "a", kind: "unmapped", offset: 2, width: 4, value: 7n, detail: "misaligned" },
      { device: "a", kind: "unmapped", offset: 8, width: 8 },
      { device: "b", kind: "unknownRegister", offset: 0, width: 2 },
      { device: "b", kind: "unknownRegister", offset: 2, width: 2, value: 1n },
    ]);
  });

  it("is not built from ranges that overlap or are none", () => {
    expect(() => busOf(range("a", 16, 17), range("b", 32))).toThrow(BusMapError);
    expect(() => busOf(range("a", 32), range("b", 24, 1000))).toThrow("b and a overlap at 0x20");
    for (const base of [-8, 4, 2 ** 53 - 8, Number.NaN])
      expect(() => busOf(range("a", base))).toThrow(BusMapError);
    expect(() => busOf(range("a", 8, 0))).toThrow(BusMapError);
  });
});
