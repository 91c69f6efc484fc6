import { describe, expect, it } from "vitest";
import { deviceLaws } from "../device-laws.ts";
import { type PowerEvent, testFinisher } from "../index.ts";
import { testServices } from "../test-support.ts";

describe("the test finisher", () => {
  deviceLaws({ device: testFinisher(() => {}), offsets: [0, 2, 4, 0xffc] });

  it("tells what is to happen with the power", () => {
    const events: PowerEvent[] = [];
    const services = testServices();
    const device = testFinisher((event) => void events.push(event))(services);
    for (const value of [0x5555n, 0x7777n, 0x3333n, 0x12_3333n, 0xffff_3333n])
      expect(device.write(0, 4, value)).toBe(true);
    expect(device.write(0, 2, 0x5555n)).toBe(true);
    expect(events).toEqual([
      { kind: "poweroff", code: 0 },
      { kind: "reset" },
      { kind: "poweroff", code: 0 },
      { kind: "poweroff", code: 0x12 },
      { kind: "poweroff", code: 0xffff },
      { kind: "poweroff", code: 0 },
    ]);
    expect(services.events).toEqual([]);
  });

  it("observes what is no command", () => {
    const services = testServices();
    const device = testFinisher(() => expect.unreachable())(services);
    device.write(0, 4, 0x1234n);
    device.write(4, 4, 0x5555n);
    expect(device.write(0, 1, 0x55n)).toBe(false);
    expect(device.write(0, 8, 0x5555n)).toBe(false);
    expect(services.events).toEqual([
      { device: "testFinisher", kind: "invalidValue", offset: 0, width: 4, value: 0x1234n },
      { device: "testFinisher", kind: "invalidValue", offset: 4, width: 4, value: 0x5555n },
    ]);
  });
});
