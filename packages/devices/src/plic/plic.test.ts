import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deviceLaws } from "../device-laws.ts";
import { type InterruptController, plic } from "../index.ts";
import { testServices } from "../test-support.ts";
import { SlowPlic } from "./slow-plic.ts";

const priority = (source: number): number => 4 * source;
const pending = (word: number): number => 0x1000 + 4 * word;
const enable = (context: number, word: number): number => 0x2000 + 0x80 * context + 4 * word;
const threshold = (context: number): number => 0x20_0000 + 0x1000 * context;
const claim = (context: number): number => threshold(context) + 4;

const sources = 40;
const contexts = 3;

function device() {
  const services = testServices();
  const controller = plic({ sources, contexts })(services);
  return {
    ...services,
    plic: controller,
    set: (source: number, level: boolean) => controller.input(source)?.set(level),
    write: (offset: number, value: number) => controller.write(offset, 4, BigInt(value)),
    read: (offset: number) => Number(controller.read(offset, 4)),
  };
}

const offsets = [1, 2, 31, 32, 33, sources, sources + 1]
  .map(priority)
  .concat([0, 1, 2].map(pending))
  .concat([0, 1, 2, 3].flatMap((context) => [0, 1, 2].map((word) => enable(context, word))))
  .concat([0, 1, 2, 3].flatMap((context) => [threshold(context), claim(context)]));

describe("the platform-level interrupt controller", () => {
  deviceLaws<InterruptController>({
    device: plic({ sources, contexts }),
    offsets,
    host: (controller, number) => controller.input(number % 45)?.set(number % 2 === 0),
    quiet: (controller) => {
      for (let source = 1; source <= sources; source++) controller.input(source)?.set(false);
    },
  });

  it("does as a slow model does", () => {
    const source = fc.oneof(fc.constantFrom(1, 2, 31, 32, sources), fc.nat(sources + 1));
    const context = fc.nat(contexts - 1);
    const value = fc.oneof(fc.nat(7), fc.nat(0xffff_ffff), fc.constant(0xffff_ffff));
    const step = fc.oneof(
      fc.tuple(fc.constant("level" as const), source, fc.boolean()),
      fc.tuple(fc.constant("priority" as const), source, value),
      fc.tuple(fc.constant("enable" as const), context, fc.nat(1), value),
      fc.tuple(fc.constant("threshold" as const), context, fc.nat(9)),
      fc.tuple(fc.constant("claim" as const), context),
      fc.tuple(fc.constant("complete" as const), context, source),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const real = device();
        const model = new SlowPlic(sources, contexts);
        // Most interrupts can happen from the start.
        for (const number of model.sources.keys()) {
          real.write(priority(number + 1), 1 + (number % 7));
          model.setPriority(number + 1, 1 + (number % 7));
        }
        real.write(enable(0, 0), 0xffff_ffff);
        model.setEnable(0, 0, 0xffff_ffff);
        for (const [kind, a, b, c] of steps) {
          if (kind === "level") {
            real.set(a, b);
            model.setLevel(a, b);
          } else if (kind === "priority") {
            real.write(priority(a), b);
            model.setPriority(a, b);
          } else if (kind === "enable") {
            real.write(enable(a, b), c);
            model.setEnable(a, b, c);
          } else if (kind === "threshold") {
            real.write(threshold(a), b);
            model.setThreshold(a, b);
          } else if (kind === "claim") {
            expect(real.read(claim(a))).toBe(model.claim(a));
          } else {
            real.write(claim(a), b);
            model.complete(a, b);
          }
          expect(real.levels).toEqual(model.outputs());
          expect([0, 1].map((word) => real.read(pending(word)))).toEqual(model.pendingWords());
        }
      }),
      { numRuns: 300 },
    );
  });

  it("claims the highest priority, the lowest number among equals, whatever the threshold", () => {
    const { set, write, read, levels } = device();
    for (const [source, level] of [
      [5, 1],
      [9, 3],
      [7, 3],
      [3, 0],
    ] as const) {
      write(priority(source), level);
      set(source, true);
    }
    write(enable(1, 0), 0xffff_ffff);
    expect(levels).toEqual([false, true, false]);
    write(threshold(1), 7);
    expect(levels).toEqual([false, false, false]);
    expect([1, 2, 3, 4].map(() => read(claim(1)))).toEqual([7, 9, 5, 0]);
  });

  it("has a gateway forward one request until it is completed", () => {
    const { set, write, read } = device();
    write(priority(4), 1);
    write(enable(0, 0), 1 << 4);
    set(4, true);
    set(4, false);
    expect(read(pending(0))).toBe(1 << 4); // Not taken back.
    expect(read(claim(0))).toBe(4);
    set(4, true);
    expect(read(pending(0))).toBe(0);
    write(claim(0), 4);
    expect(read(pending(0))).toBe(1 << 4);
    expect(read(claim(0))).toBe(4);
    set(4, false);
    write(claim(0), 4);
    expect(read(claim(0))).toBe(0);
  });

  it("ignores a completion by a context that does not enable the source", () => {
    const { set, write, read, events } = device();
    write(priority(4), 1);
    write(enable(0, 0), 1 << 4);
    set(4, true);
    read(claim(0));
    write(claim(1), 4);
    write(claim(0), 0);
    write(claim(0), 1000);
    expect(read(pending(0))).toBe(0);
    expect(events.map(({ kind }) => kind)).toEqual(Array(3).fill("invalidValue"));
    write(claim(0), 4);
    expect(read(pending(0))).toBe(1 << 4);
  });

  it("drives its wires when it is restored", () => {
    const { set, write, plic } = device();
    write(priority(4), 1);
    write(enable(1, 0), 1 << 4);
    set(4, true);
    const copy = device();
    copy.plic.restore(plic.state());
    expect(copy.levels).toEqual([false, true, false]);
  });

  it("reads zero where there is nothing, and tells", () => {
    const { read, write, plic, events } = device();
    for (const offset of [priority(41), pending(2), enable(0, 2), enable(3, 0), threshold(3)]) {
      expect(write(offset, 7)).toBe(true);
      expect(read(offset)).toBe(0);
    }
    expect(events.map(({ offset }) => offset)).toHaveLength(10);
    expect([plic.read(4, 8), plic.read(4, 1), plic.write(4, 2, 1n)]).toEqual([
      undefined,
      undefined,
      false,
    ]);
    expect([plic.input(0), plic.input(41), plic.input(1.5)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
