/** What holds of every device, whatever the guest does: properties that each device's test runs. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type AccessBytes, type Device, type DeviceServices, DeviceStateError } from "./index.ts";
import { TestClock, type TestServices, testServices } from "./test-support.ts";

/** A device as these properties see it. */
export interface DeviceUnderTest<D extends Device> {
  readonly device: (services: DeviceServices) => D;
  /** Offsets that do something, to be accessed more often than others. */
  readonly offsets: readonly number[];
  /** What the host may do to it, by a number. */
  readonly host?: (device: D, number: number) => void;
  /** Takes back what the host did and a reset leaves alone. */
  readonly quiet?: (device: D) => void;
}

/** One thing that happens to a device. */
export type Step =
  | { readonly read: number; readonly width: AccessBytes }
  | { readonly write: number; readonly width: AccessBytes; readonly value: bigint }
  | { readonly advance: bigint }
  | { readonly host: number };

interface Running<D extends Device> {
  readonly device: D;
  readonly services: TestServices;
}

/** Defines the tests. */
export function deviceLaws<D extends Device>(subject: DeviceUnderTest<D>): void {
  const start = (nanos = 0n): Running<D> => {
    const clock = new TestClock();
    clock.nanos = nanos;
    const services = testServices(clock);
    return { device: subject.device(services), services };
  };
  const run = (running: Running<D>, steps: readonly Step[]): unknown[] =>
    steps.map((step) => perform(running, step, subject.host));
  const steps = stepsOf(start().device.sizeBytes, subject.offsets);

  it("answers every access with a value of its width, or refuses it", () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const running = start();
        for (const step of sequence) {
          const result = perform(running, step, subject.host);
          if ("read" in step && typeof result === "bigint")
            expect(BigInt.asUintN(8 * step.width, result)).toBe(result);
        }
      }),
    );
  });

  it("goes on from its state as if nothing had happened", () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const original = start();
        run(original, before);
        const copy = start(original.services.clock.nanos);
        copy.services.counter.set(original.services.counter.ticks);
        const state = original.device.state();
        copy.device.restore(JSON.parse(JSON.stringify(state)));
        expect(copy.device.state()).toEqual(state);
        expect(raised(copy.services)).toEqual(raised(original.services));
        original.services.events.length = 0;
        expect(run(copy, after)).toEqual(run(original, after));
        expect(copy.services.events).toEqual(original.services.events);
        expect(copy.device.state()).toEqual(original.device.state());
      }),
    );
  });

  it("is as new after a reset", () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const running = start();
        run(running, sequence);
        subject.quiet?.(running.device);
        running.device.reset();
        expect(running.device.state()).toEqual(start().device.state());
        expect(raised(running.services)).toEqual([]);
        expect(running.services.clock.next).toBeUndefined();
      }),
    );
  });

  it("takes no state that isn't one, and keeps its own then", () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.jsonValue(), (sequence, member, junk) => {
        const running = start();
        run(running, sequence);
        const before = running.device.state();
        for (const damaged of damage(before, member, junk)) {
          try {
            running.device.restore(damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(DeviceStateError);
            expect(running.device.state()).toEqual(before);
          }
          run(running, sequence);
          running.device.restore(before);
        }
      }),
    );
  });
}

function* damage(state: unknown, member: number, junk: unknown): Generator<unknown> {
  const entries = Object.entries(state as object);
  const [key] = entries[member % Math.max(entries.length, 1)] ?? [];
  yield junk;
  if (key === undefined) return;
  yield { ...(state as object), [key]: junk };
  yield Object.fromEntries(entries.filter(([other]) => other !== key));
}

/** Does one step; gives what the guest or the wires show of it. */
function perform<D extends Device>(
  { device, services }: Running<D>,
  step: Step,
  host: DeviceUnderTest<D>["host"],
): unknown {
  if ("read" in step) return device.read(step.read, step.width);
  if ("write" in step) return device.write(step.write, step.width, step.value);
  if ("advance" in step) services.clock.advance(step.advance);
  else host?.(device, step.host);
  return raised(services);
}

/** The wires whose level is high. */
function raised({ levels }: TestServices): number[] {
  return levels.flatMap((level, wire) => (level ? [wire] : []));
}

/** Sequences of steps on a device. */
export function stepsOf(sizeBytes: number, offsets: readonly number[]): fc.Arbitrary<Step[]> {
  const width = fc.constantFrom<AccessBytes[]>(1, 2, 4, 4, 8);
  const offset = fc.oneof(
    { arbitrary: fc.constantFrom(...offsets), weight: 9 },
    { arbitrary: fc.nat(sizeBytes - 1), weight: 1 },
  );
  const place = fc.tuple(offset, width).map(([at, bytes]) => ({ at: at - (at % bytes), bytes }));
  const value = fc.oneof(fc.bigInt(0n, 0xffn), fc.bigInt(0n, 2n ** 64n - 1n));
  return fc.array(
    fc.oneof(
      place.map(({ at, bytes }): Step => ({ read: at, width: bytes })),
      fc.tuple(place, value).map(([{ at, bytes }, number]): Step => {
        return { write: at, width: bytes, value: BigInt.asUintN(8 * bytes, number) };
      }),
      fc.bigInt(0n, 1_000_000n).map((advance): Step => ({ advance })),
      fc.nat(1000).map((host): Step => ({ host })),
    ),
    { maxLength: 40 },
  );
}
