import { rv64 } from "@isovm/riscv";
import { expect, it } from "vitest";
import type { Region } from "../region/region.ts";
import { regionOf } from "../region/testing/assembled.ts";
import { RegionQueue } from "./region-queue.ts";

function region(): Region {
  const { region: found } = regionOf(rv64(), "start: addi a0, a0, 1\n j start", "start");
  if (!found) throw new Error("no region");
  return found;
}

it("waits for others, and for an address space that has the code", () => {
  const queue = new RegionQueue();
  const [here, elsewhere] = [region(), region()];
  queue.add(here);
  queue.add(elsewhere);
  const taken = new Map<number, readonly Region[]>();
  for (let sample = 1; sample <= 64; sample += 1) {
    const regions = queue.take(false, (one) => one === here || sample > 40);
    if (regions.length > 0) taken.set(sample, regions);
  }
  expect([...taken]).toEqual([
    [32, [here]],
    [64, [elsewhere]],
  ]);
  expect(queue.covers(here.entry)).toBe(false);
});

it("gives up what nobody has, and covers it until then", () => {
  const queue = new RegionQueue();
  const lost = region();
  queue.add(lost);
  for (let round = 0; round < 8; round += 1) {
    expect([queue.has(lost.entry), queue.covers(lost.entry)]).toEqual([true, true]);
    expect(queue.take(true, () => false)).toEqual([]);
  }
  expect([queue.has(lost.entry), queue.covers(lost.entry)]).toEqual([false, false]);
});
