import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GuestLayoutError, type GuestParts, placeGuest } from "./guest-layout.ts";

const ramBase = 0x8000_0000;
const mebibyte = 2 ** 20;

describe("the layout of a guest", () => {
  it("is the one that QEMU's firmware sees", () => {
    const layout = placeGuest({
      ramBase,
      memoryBytes: 512 * mebibyte,
      firmware: { start: ramBase, end: ramBase + 0x5_1000 },
      kernel: { offset: 2 * mebibyte, memoryBytes: 0x1e6_b000 },
      initrdBytes: 4097,
    });
    expect(layout).toEqual({
      kernel: 0x8020_0000,
      initrd: { start: 0x9fdf_e000, end: 0x9fdf_f001 },
      deviceTree: { address: 0x9fe0_0000, capacityBytes: 2 * mebibyte },
    });
  });

  it("tells too little memory from addresses that aren't memory", () => {
    const place = (start: number, length: number): unknown => {
      try {
        return placeGuest({
          ramBase,
          memoryBytes: 4 * mebibyte,
          firmware: { start, end: start + length },
        });
      } catch (error) {
        return error instanceof GuestLayoutError ? [error.message, error.data.neededBytes] : error;
      }
    };
    expect(place(ramBase, 5 * mebibyte)).toEqual([
      "the firmware doesn't fit into 4 MiB of memory: it takes 5 MiB",
      5 * mebibyte,
    ]);
    for (const start of [0x1_0000, ramBase + 4 * mebibyte]) {
      expect(place(start, 4096)).toEqual([
        `the firmware is for address 0x${start.toString(16)}, and this machine's memory begins at 0x80000000`,
        undefined,
      ]);
    }
  });

  it("keeps everything apart, within RAM and its first GiB, or refuses", () => {
    const parts = fc.record(
      {
        memoryBytes: fc.integer({ min: 1, max: 300_000 }).map((pages) => pages * 4096),
        firmwareBytes: fc.integer({ min: 1, max: 3 * mebibyte }),
        kernelBytes: fc.integer({ min: 1, max: 100 * mebibyte }),
        initrdBytes: fc.integer({ min: 0, max: 100 * mebibyte }),
      },
      { requiredKeys: ["memoryBytes"] },
    );
    let placed = 0;
    fc.assert(
      fc.property(parts, ({ memoryBytes, firmwareBytes, kernelBytes, initrdBytes }) => {
        const given: GuestParts = {
          ramBase,
          memoryBytes,
          ...(firmwareBytes && { firmware: { start: ramBase, end: ramBase + firmwareBytes } }),
          ...(kernelBytes && { kernel: { offset: 2 * mebibyte, memoryBytes: kernelBytes } }),
          ...(initrdBytes !== undefined && { initrdBytes }),
        };
        let layout: ReturnType<typeof placeGuest>;
        try {
          layout = placeGuest(given);
        } catch (error) {
          expect(error).toBeInstanceOf(GuestLayoutError);
          return;
        }
        placed += 1;
        const { kernel, initrd, deviceTree } = layout;
        const ranges = [
          ...(given.firmware ? [given.firmware] : []),
          ...(kernel ? [{ start: kernel, end: kernel + (kernelBytes ?? 0) }] : []),
          ...(initrd ? [initrd] : []),
          { start: deviceTree.address, end: deviceTree.address + deviceTree.capacityBytes },
        ].sort((a, b) => a.start - b.start);
        expect(ranges[0]?.start).toBeGreaterThanOrEqual(ramBase);
        ranges.forEach((range, index) => {
          expect(range.end).toBeLessThanOrEqual(ranges[index + 1]?.start ?? ramBase + memoryBytes);
        });
        expect(ranges.at(-1)?.end).toBeLessThanOrEqual(ramBase + 2 ** 30);
        expect(deviceTree.capacityBytes).toBeGreaterThan(0);
        expect(initrd ? initrd.end - initrd.start : undefined).toBe(initrdBytes);
      }),
    );
    expect(placed).toBeGreaterThan(10);
  });

  const small = { ramBase, memoryBytes: 16 * mebibyte };
  const refused: readonly (readonly [GuestParts, string])[] = [
    [
      { ...small, kernel: { offset: 2 * mebibyte, memoryBytes: 30.5 * mebibyte } },
      "the kernel doesn't fit into 16 MiB of memory: it takes 32.5 MiB",
    ],
    [
      { ...small, kernel: { offset: 0, memoryBytes: 14.5 * mebibyte } },
      "the device tree doesn't fit into 16 MiB of memory: it takes 16.5 MiB",
    ],
    [
      { ...small, initrdBytes: 15 * mebibyte },
      "the initial RAM disk doesn't fit into 16 MiB of memory: it takes 17 MiB",
    ],
    [
      { ...small, firmware: { start: 0, end: mebibyte } },
      "the firmware is for address 0x0, and this machine's memory begins at 0x80000000",
    ],
    [
      {
        ...small,
        firmware: { start: ramBase, end: ramBase + 3 * mebibyte },
        kernel: { offset: 2 * mebibyte, memoryBytes: mebibyte },
      },
      "firmware and kernel lie at the same addresses",
    ],
  ];
  it.each(refused)("refuses %j", (parts, message) => {
    expect(() => placeGuest(parts)).toThrow(GuestLayoutError);
    expect(() => placeGuest(parts)).toThrow(message);
  });
});
