/** The seeded source is deterministic, depends on its seed, and goes on from its state. */
import { describe, expect, it } from "vitest";
import { DeviceStateError } from "../errors.ts";
import { seededRandom } from "./random-source.ts";

function bytesOf(seed: number, count: number): number[] {
  const bytes = new Uint8Array(count);
  seededRandom(seed).fill(bytes);
  return [...bytes];
}

describe("seededRandom", () => {
  it("follows the published algorithm", () => {
    const source = seededRandom(0);
    source.restore?.({ words: [1, 2, 3, 4] });
    const words = new Uint32Array(3);
    source.fill(new Uint8Array(words.buffer));
    // By hand: 2 * 5 = 10, rotated left by 7 = 1280, times 9; the others likewise.
    expect([...words]).toEqual([11520, 0, 5927040]);
  });

  it("gives the same for the same seed and something else for another", () => {
    expect(bytesOf(3, 50)).toEqual(bytesOf(3, 50));
    expect(bytesOf(3, 50)).not.toEqual(bytesOf(4, 50));
    expect(new Set(bytesOf(0, 4000)).size).toBe(256);
  });

  it("goes on from its state", () => {
    const source = seededRandom(9);
    source.fill(new Uint8Array(10));
    const state = source.state?.();
    const first = new Uint8Array(20);
    source.fill(first);
    const other = seededRandom(1);
    other.restore?.(state);
    const second = new Uint8Array(20);
    other.fill(second);
    expect(second).toEqual(first);
    expect(() => other.restore?.({ words: [1, 2, 3] })).toThrow(DeviceStateError);
  });
});
