import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deviceLaws } from "../device-laws.ts";
import { goldfishRtc } from "../index.ts";
import { testServices } from "../test-support.ts";

const offsets = [0, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x1c];
const nanosPerSecond = 1_000_000_000n;

function device(epochSeconds: number) {
  const services = testServices();
  const rtc = goldfishRtc({ epochSeconds })(services);
  return {
    ...services,
    services,
    rtc,
    now: (): bigint => {
      const low = rtc.read(0, 4) ?? 0n;
      return ((rtc.read(4, 4) ?? 0n) << 32n) | low;
    },
    setTime: (nanos: bigint) => {
      rtc.write(4, 4, nanos >> 32n);
      rtc.write(0, 4, nanos & 0xffff_ffffn);
    },
    setAlarm: (nanos: bigint) => {
      rtc.write(0xc, 4, nanos >> 32n);
      rtc.write(8, 4, nanos & 0xffff_ffffn);
    },
  };
}

describe("the goldfish real-time clock", () => {
  deviceLaws({ device: goldfishRtc({ epochSeconds: 1_700_000_000.5 }), offsets });

  it("tells the injected time and goes on", () => {
    const { clock, now } = device(1_700_000_000);
    expect(now()).toBe(1_700_000_000n * nanosPerSecond);
    clock.advance(123n);
    expect(now()).toBe(1_700_000_000n * nanosPerSecond + 123n);
  });

  it("latches the upper half when the lower one is read", () => {
    const { rtc, clock } = device(0);
    clock.advance(0xffff_ffffn);
    expect(rtc.read(0, 4)).toBe(0xffff_ffffn);
    clock.advance(1n);
    expect(rtc.read(4, 4)).toBe(0n);
    expect(rtc.read(0, 4)).toBe(0n);
    expect(rtc.read(4, 4)).toBe(1n);
  });

  it("is set", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 63n), fc.bigInt(0n, 10n ** 12n), (time, later) => {
        const { clock, now, setTime } = device(99);
        clock.advance(later);
        setTime(time);
        expect(now()).toBe(time);
        clock.advance(later);
        expect(now()).toBe(time + later);
      }),
    );
  });

  it("interrupts when its alarm is due, if it may", () => {
    const { rtc, clock, levels, setAlarm } = device(1);
    setAlarm(nanosPerSecond + 500n);
    rtc.write(0x10, 4, 1n);
    expect([rtc.read(0x18, 4), levels[0]]).toEqual([1n, false]);
    expect(clock.next).toBe(500n);
    clock.advance(499n);
    expect(levels[0]).toBe(false);
    clock.advance(1n);
    expect([rtc.read(0x18, 4), levels[0]]).toEqual([0n, true]);
    rtc.write(0x10, 4, 0n);
    expect(levels[0]).toBe(false);
    rtc.write(0x10, 4, 1n);
    expect(levels[0]).toBe(true);
    rtc.write(0x1c, 4, 1n);
    expect(levels[0]).toBe(false);
  });

  it("interrupts at once for an alarm in the past, never for a cleared one", () => {
    const { rtc, clock, levels, setAlarm } = device(1);
    rtc.write(0x10, 4, 1n);
    setAlarm(2n * nanosPerSecond);
    rtc.write(0x14, 4, 1n);
    clock.advance(2n * nanosPerSecond);
    expect(levels[0]).toBe(false);
    setAlarm(1n);
    expect(levels[0]).toBe(true);
  });

  it("keeps to when its alarm was due when it was armed", () => {
    const { rtc, clock, levels, setAlarm, setTime } = device(1);
    rtc.write(0x10, 4, 1n);
    setAlarm(nanosPerSecond + 10n);
    setTime(11n * nanosPerSecond);
    rtc.write(0xc, 4, 0n);
    expect([rtc.read(0x18, 4), levels[0]]).toEqual([1n, false]);
    clock.advance(10n);
    expect([rtc.read(0x18, 4), levels[0]]).toEqual([0n, true]);
  });

  it("refuses other widths and registers", () => {
    const { rtc } = device(0);
    expect([rtc.read(0, 8), rtc.read(0, 1), rtc.read(0x20, 4)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([rtc.write(0, 2, 1n), rtc.write(0x20, 4, 1n)]).toEqual([false, false]);
  });
});
