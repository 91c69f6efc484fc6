import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deviceLaws } from "../device-laws.ts";
import { aclint } from "../index.ts";
import { testServices } from "../test-support.ts";

const compare = (hart: number): number => 0x4000 + 8 * hart;
const time = 0xbff8;

function device(harts = 2) {
  const services = testServices();
  return { services, ...services, aclint: aclint({ harts })(services) };
}

describe("the core-local interruptor", () => {
  deviceLaws({
    device: aclint({ harts: 3 }),
    offsets: [0, 4, 8, 12, 0x4000, 0x4004, 0x4008, 0x4010, 0x4014, 0x4018, time, time + 4],
  });

  it("sends software interrupts", () => {
    const { aclint, levels } = device();
    aclint.write(4, 4, 0xffff_ffffn);
    expect([aclint.read(0, 4), aclint.read(4, 4)]).toEqual([0n, 1n]);
    expect([levels[0], levels[2]]).toEqual([false, true]);
    aclint.write(4, 4, 0xffff_fffen);
    expect(levels[2]).toBe(false);
  });

  it("takes the timer and the time in halves", () => {
    const { aclint } = device();
    aclint.write(compare(1), 4, 0x1111_1111n);
    aclint.write(compare(1) + 4, 4, 0x2222_2222n);
    expect(aclint.read(compare(1), 8)).toBe(0x2222_2222_1111_1111n);
    expect(aclint.read(compare(1) + 4, 4)).toBe(0x2222_2222n);
    expect(aclint.read(compare(0), 8)).toBe(2n ** 64n - 1n);
    aclint.write(time + 4, 4, 7n);
    expect(aclint.read(time, 8)).toBe(7n << 32n);
  });

  it("raises the timer's interrupt exactly while the time is not below its compare value", () => {
    const ticks = fc.oneof(fc.bigInt(0n, 50n), fc.bigInt(2n ** 64n - 50n, 2n ** 64n - 1n));
    const step = fc.oneof(
      fc.record({ set: fc.constantFrom("compare", "time"), to: ticks }),
      fc.record({ advance: fc.bigInt(0n, 3000n) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { aclint, levels, clock } = device();
        for (const step of steps) {
          if ("advance" in step) clock.advance(step.advance);
          else aclint.write(step.set === "time" ? time : compare(1), 8, step.to);
          const due = (aclint.read(time, 8) ?? 0n) >= (aclint.read(compare(1), 8) ?? 0n);
          expect(levels[3]).toBe(due);
        }
      }),
    );
  });

  it("asks for an alarm at the tick, and for none when that is never", () => {
    const { aclint, clock } = device();
    expect(clock.next).toBeUndefined();
    clock.advance(250n);
    aclint.write(compare(0), 8, 5n);
    expect(clock.next).toBe(500n);
    aclint.write(compare(0), 8, 2n ** 64n - 1n);
    expect(clock.next).toBeUndefined();
    aclint.write(compare(0), 8, 1n);
    expect(clock.next).toBeUndefined();
  });

  it("hard-wires what belongs to no hart to zero, and tells", () => {
    const { aclint, events } = device();
    expect([aclint.read(8, 4), aclint.read(compare(2), 8), aclint.read(0, 8)]).toEqual([
      0n,
      0n,
      0n,
    ]);
    expect(aclint.write(8, 4, 1n)).toBe(true);
    expect(aclint.read(0, 2)).toBeUndefined();
    expect(events.map(({ offset }) => offset)).toEqual([8, compare(2), 0, 8]);
  });
});
