import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashBytes, sha256 } from "./hash.ts";
import { decodeImage, encodeImage } from "./image.ts";
import { keptModules } from "./testing.ts";

const identity = Uint8Array.from({ length: 32 }, (_, index) => index);
const stranger = Uint8Array.from({ length: 32 }, (_, index) => 32 - index);
const images = fc.array(keptModules, { maxLength: 3 });

/** The bytes with the hash that they should have. */
async function resealed(bytes: Uint8Array): Promise<Uint8Array> {
  const sealed = bytes.slice();
  sealed.set(await sha256(sealed.subarray(0, -hashBytes)), sealed.length - hashBytes);
  return sealed;
}

describe("an image", () => {
  it("gives back the modules that it was made of", async () => {
    await fc.assert(
      fc.asyncProperty(images, async (modules) => {
        const image = await encodeImage(identity, { sequence: 1, modules });
        expect(await decodeImage(image, identity)).toEqual({
          kind: "intact",
          sequence: 1,
          modules,
        });
      }),
    );
  });

  it("gives back the profile", async () => {
    const addresses = fc.maxSafeNat();
    const profiles = fc.record({
      alone: fc.array(addresses, { minLength: 1 }),
      targets: fc.array(fc.tuple(addresses, fc.array(addresses))),
    });
    await fc.assert(
      fc.asyncProperty(profiles, async (profile) => {
        const image = await encodeImage(identity, { sequence: 1, modules: [], profile });
        expect(await decodeImage(image, identity)).toMatchObject({ kind: "intact", profile });
      }),
    );
  });

  it("is read wherever it stands in a buffer", async () => {
    const [modules = []] = fc.sample(images, 1);
    const image = await encodeImage(identity, { sequence: 1, modules });
    const buffer = new Uint8Array(new SharedArrayBuffer(image.length + 8));
    buffer.set(image, 5);
    const reading = await decodeImage(buffer.subarray(5, 5 + image.length), identity);
    expect(reading).toEqual({ kind: "intact", sequence: 1, modules });
  });

  it("is rejected wherever it is cut or continued", async () => {
    const [modules = []] = fc.sample(fc.array(keptModules, { minLength: 2, maxLength: 2 }), 1);
    const image = await encodeImage(identity, { sequence: 1, modules });
    for (let length = 0; length < image.length; length += 1) {
      const { kind } = await decodeImage(image.subarray(0, length), identity);
      expect({ length, kind }).toEqual({ length, kind: "rejected" });
    }
    const longer = new Uint8Array(image.length + 1);
    longer.set(image);
    expect((await decodeImage(longer, identity)).kind).toBe("rejected");
  });

  it("is rejected whichever bit is changed", async () => {
    const [modules = []] = fc.sample(fc.array(keptModules, { minLength: 1, maxLength: 1 }), 1);
    const image = await encodeImage(identity, { sequence: 1, modules });
    for (let bit = 0; bit < 8 * image.length; bit += 1) {
      const changed = image.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { kind } = await decodeImage(changed, identity);
      expect({ bit, kind }).toEqual({ bit, kind: "rejected" });
    }
  });

  it("is rejected where it belongs to somebody else", async () => {
    const image = await encodeImage(stranger, { sequence: 1, modules: [] });
    expect(await decodeImage(image, identity)).toEqual({ kind: "rejected", reason: "foreign" });
    image[image.length - 1] = (image.at(-1) ?? 0) ^ 1;
    expect(await decodeImage(image, identity)).toEqual({ kind: "rejected", reason: "corrupt" });
  });

  it("is rejected if it is of another version", async () => {
    const image = await encodeImage(identity, { sequence: 1, modules: [] });
    image[8] = 255;
    const reading = await decodeImage(await resealed(image), identity);
    expect(reading).toEqual({ kind: "rejected", reason: "format" });
  });

  it("is read or rejected whatever somebody has sealed", async () => {
    const start = (await encodeImage(identity, { sequence: 1, modules: [] })).slice(
      0,
      -hashBytes - 4,
    );
    const tail = fc.uint8Array({ maxLength: 60 });
    // Small numbers look like counts, and lead deep into the structure.
    const low = fc.array(fc.nat(3), { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes));
    const counts = { total: 0, intact: 0 };
    await fc.assert(
      fc.asyncProperty(fc.oneof(tail, low), async (bytes) => {
        const all = new Uint8Array(start.length + bytes.length + hashBytes);
        all.set(start);
        all.set(bytes, start.length);
        const reading = await decodeImage(await resealed(all), identity);
        counts.total += 1;
        if (reading.kind === "rejected") return;
        counts.intact += 1;
        const image = await encodeImage(identity, reading);
        expect((await decodeImage(image, identity)).kind).toBe("intact");
      }),
      { numRuns: 500, examples: [[Uint8Array.of(255, 255, 255, 255)], [new Uint8Array(4)]] },
    );
    expect(counts.intact).toBeGreaterThan(0);
  });

  it("is rejected if a module has the number of no host", async () => {
    const [module] = fc.sample(keptModules, 1);
    if (!module) return;
    const image = await encodeImage(identity, { sequence: 1, modules: [{ ...module, host: "" }] });
    // Behind the list of one empty host and the number of modules.
    const place = 8 + 4 + 32 + 4 + 4 + 2 + 4;
    expect(image[place]).toBe(0);
    image[place] = 1;
    const reading = await decodeImage(await resealed(image), identity);
    expect(reading).toEqual({ kind: "rejected", reason: "format" });
  });

  it("is rejected if a region's code doesn't cover its entry", async () => {
    const module = (pc: bigint, ...code: { address: bigint; bytes: Uint8Array }[]) => ({
      host: "",
      wasm: new Uint8Array(0),
      regions: [{ pc, entryNumber: 0, instructionCount: 1, exportName: "r", code }],
    });
    const two = Uint8Array.of(1, 2);
    const kinds = [
      [module(8n), "rejected"],
      [module(8n, { address: 8n, bytes: new Uint8Array(0) }), "rejected"],
      [module(8n, { address: 6n, bytes: two }), "rejected"],
      [module(8n, { address: 9n, bytes: two }), "rejected"],
      [module(8n, { address: 7n, bytes: two }), "intact"],
      [module(2n ** 64n - 1n, { address: 2n ** 64n - 1n, bytes: two }), "rejected"],
      [module(2n ** 64n - 2n, { address: 2n ** 64n - 2n, bytes: two }), "intact"],
    ] as const;
    for (const [kept, kind] of kinds) {
      expect(
        (await decodeImage(await encodeImage(identity, { sequence: 1, modules: [kept] }), identity))
          .kind,
      ).toBe(kind);
    }
  });
});
