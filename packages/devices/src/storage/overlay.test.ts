/** An overlay behaves as a copy of its base would, and leaves the base alone. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeviceStateError } from "../errors.ts";
import { seededRandom } from "../random/random-source.ts";
import { StorageError } from "./block-storage.ts";
import { bytesStorage } from "./bytes-storage.ts";
import { overlay } from "./overlay.ts";

/** Two clusters and a half, and one sector. */
const sizeBytes = 10_752;

function original(): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  seededRandom(1).fill(bytes);
  return bytes;
}

describe("overlay", () => {
  it("equals a copy after any writes, reads and restored states", () => {
    const range = fc.tuple(fc.nat(sizeBytes), fc.nat(sizeBytes)).map(([a, b]) => ({
      offset: Math.min(a, b),
      length: Math.abs(a - b),
    }));
    const step = fc.record({ range, seed: fc.integer(), restores: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
        const bytes = original();
        const copy = original();
        const base = bytesStorage(bytes, { readOnly: true });
        let top = overlay(base);
        for (const { range, seed, restores } of steps) {
          const data = new Uint8Array(range.length);
          seededRandom(seed).fill(data);
          top.write(range.offset, data);
          copy.set(data, range.offset);
          if (restores) {
            const state: unknown = JSON.parse(JSON.stringify(top.state?.()));
            top = overlay(base);
            top.restore?.(state);
          }
          const all = new Uint8Array(sizeBytes);
          top.read(0, all);
          expect(Buffer.compare(all, copy)).toBe(0);
          const part = new Uint8Array(range.length);
          top.read(range.offset, part);
          expect(Buffer.compare(part, data)).toBe(0);
        }
        expect(Buffer.compare(bytes, original())).toBe(0);
      }),
    );
  });

  it("lies on another overlay", () => {
    const lower = overlay(bytesStorage(original()));
    const upper = overlay(lower);
    lower.write(0, Uint8Array.of(1));
    upper.write(1, Uint8Array.of(2));
    const state = upper.state?.();
    lower.write(0, Uint8Array.of(9));
    upper.restore?.(state);
    const both = new Uint8Array(2);
    upper.read(0, both);
    expect([...both]).toEqual([1, 2]);
    const below = new Uint8Array(2);
    lower.read(0, below);
    expect([...below]).toEqual([1, original()[1]]);
  });

  it("keeps no more than its limit", () => {
    const top = overlay(bytesStorage(original()), { limitBytes: 8192 });
    top.write(0, new Uint8Array(8192));
    top.write(5, new Uint8Array(100));
    expect(() => top.write(8192, Uint8Array.of(1))).toThrow(StorageError);
  });

  it("cuts a long state into texts of at most 1 MiB", () => {
    const bytes = new Uint8Array((1 << 20) + 4096);
    seededRandom(2).fill(bytes);
    const top = overlay(bytesStorage(new Uint8Array(bytes.length)));
    top.write(0, bytes);
    const state = top.state?.() as { runs: { first: number }[] };
    expect(state.runs.map(({ first }) => first)).toEqual([0, 256]);
    const other = overlay(bytesStorage(new Uint8Array(bytes.length)));
    other.restore?.(state);
    const back = new Uint8Array(bytes.length);
    other.read(0, back);
    expect(Buffer.compare(back, bytes)).toBe(0);
  });

  it("rejects ranges and states that are not its own", () => {
    const top = overlay(bytesStorage(original()));
    expect(() => top.write(sizeBytes - 1, new Uint8Array(2))).toThrow(StorageError);
    expect(() => top.read(sizeBytes, new Uint8Array(1))).toThrow(StorageError);
    for (const state of [null, {}, { runs: [{ first: 2, bytes: "x" }] }, { runs: [{ first: 4 }] }])
      expect(() => top.restore?.(state)).toThrow(DeviceStateError);
  });
});
