/** Where registers lie: apart from each other, aligned, with room for what the zero register swallows. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SpecificationError } from "./errors.ts";
import { layoutState } from "./layout.ts";

const files = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 3 }),
    count: fc.integer({ min: 1, max: 70 }),
    width: fc.integer({ min: 1, max: 600 }),
    hasZero: fc.boolean(),
  }),
  { selector: ({ name }) => name, maxLength: 8 },
);

describe("a layout", () => {
  it("has all registers apart from each other, from the pc and the reservation", () => {
    fc.assert(
      fc.property(files, (list) => {
        const definitions = list.map(({ name, count, width, hasZero }) => ({
          name,
          count,
          width,
          ...(hasZero && { zero: count - 1 }),
        }));
        const layout = layoutState(definitions);
        const spans = [
          { start: layout.pcOffset, end: layout.pcOffset + 8 },
          { start: layout.reservationOffset, end: layout.reservationOffset + 12 },
        ];
        for (const definition of definitions) {
          const place = layout.files.get(definition.name);
          expect(place?.definition).toBe(definition);
          if (!place) continue;
          const { offset, strideBytes, sinkOffset } = place;
          expect(strideBytes * 8).toBeGreaterThanOrEqual(definition.width);
          expect(strideBytes === 4 || strideBytes % 8 === 0).toBe(true);
          expect(offset % 8).toBe(0);
          spans.push({ start: offset, end: offset + strideBytes * definition.count });
          expect(sinkOffset === undefined).toBe(definition.zero === undefined);
          if (sinkOffset !== undefined) {
            spans.push({ start: sinkOffset, end: sinkOffset + strideBytes });
          }
        }
        spans.sort((a, b) => a.start - b.start);
        spans.forEach(({ end }, index) => {
          expect(end).toBeLessThanOrEqual(spans[index + 1]?.start ?? layout.sizeBytes);
        });
      }),
    );
  });

  it("has 4 bytes for up to 32 bits, then multiples of 8", () => {
    const stride = (width: number): number | undefined =>
      layoutState([{ name: "r", count: 1, width }]).files.get("r")?.strideBytes;
    expect([1, 32, 33, 64, 65, 80, 128, 512].map(stride)).toEqual([4, 4, 8, 8, 16, 16, 16, 64]);
  });

  it("has one file of a name", () => {
    const file = { name: "r", count: 1, width: 8 };
    expect(() => layoutState([file, file])).toThrow(SpecificationError);
  });
});
