import fc from "fast-check";
import { expect, it } from "vitest";
import { CodeMarks } from "./code-marks.ts";

/** Stores until a marked page loses its mark. */
function storesToLose(marks: CodeMarks, page: number): number {
  marks.mark(page);
  for (let count = 1; count < 100_000; count += 1) if (marks.wrote(page)) return count;
  return Number.POSITIVE_INFINITY;
}

it("are lost after more and more stores, page by page", () => {
  const marks = new CodeMarks(4);
  const counts = Array.from({ length: 11 }, () => storesToLose(marks, 1));
  expect(counts).toEqual([32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 8192, 8192]);
  expect(storesToLose(marks, 2)).toBe(32);
});

it("are what was marked and has not lost its mark", () => {
  const step = fc.record({ page: fc.nat(3), stores: fc.nat(80) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const marks = new CodeMarks(4);
      const marked = new Set<number>();
      for (const { page, stores } of steps) {
        marks.mark(page);
        marked.add(page);
        for (let count = 0; count < stores; count += 1) {
          const isLost = marks.wrote(page);
          if (isLost) expect(marked.delete(page)).toBe(true);
        }
        expect(marks.has(page)).toBe(marked.has(page));
      }
      expect(new Set(marks.all())).toEqual(marked);
    }),
  );
});

it("aren't lost by pages that have none", () => {
  const marks = new CodeMarks(1);
  for (let count = 0; count < 100; count += 1) expect(marks.wrote(0)).toBe(false);
});
