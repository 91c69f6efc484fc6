import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FirmwareImageError, firmwareImage } from "./firmware-image.ts";

const expected = { ramBase: 0x8000_0000, elfMachine: 243, wordBits: 64 } as const;

/** ELF with one segment of 16 bytes in the file and 32 in memory. */
function elf(type: number, address: bigint, machine = 243): Uint8Array {
  const bytes = new Uint8Array(64 + 56 + 16).fill(0xaa, 120);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, address + 4n, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 5, true);
  view.setBigUint64(72, 120n, true);
  view.setBigUint64(80, address, true);
  view.setBigUint64(88, address, true);
  view.setBigUint64(96, 16n, true);
  view.setBigUint64(104, 32n, true);
  return bytes;
}

describe("firmware", () => {
  it("without a format begins with RAM", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(firmwareImage(bytes, expected)).toEqual({
      pieces: [{ address: 0x8000_0000, bytes }],
      entry: 0x8000_0000,
      start: 0x8000_0000,
      end: 0x8000_0003,
    });
  });

  it.each([
    ["where it says", 2, 0x8000_1000n, 0x8000_1000],
    ["from the beginning of RAM if it may lie anywhere", 3, 0n, 0x8000_0000],
  ])("as ELF lies %s", (_name, type, address, start) => {
    const image = firmwareImage(elf(type, address), expected);
    expect(image).toEqual({
      pieces: [{ address: start, bytes: new Uint8Array(16).fill(0xaa) }],
      entry: start + 4,
      start,
      end: start + 32,
    });
  });

  it.each([
    ["another machine's", elf(2, 0n, 62), /another machine \(e_machine 62, not 243\)$/],
    ["a truncated one", elf(2, 0n).subarray(0, 130), /cut off$/],
    ["half a header", elf(2, 0n).subarray(0, 40), /truncated$/],
  ])("is refused: %s", (_name, bytes, message) => {
    expect(() => firmwareImage(bytes, expected)).toThrow(FirmwareImageError);
    expect(() => firmwareImage(bytes, expected)).toThrow(message);
  });

  it("of other widths is refused", () => {
    expect(() => firmwareImage(elf(2, 0n), { ...expected, wordBits: 32 })).toThrow(
      /it has 64 bits, not 32$/,
    );
  });

  it("with any damage is placed or refused", () => {
    const damage = fc.array(fc.tuple(fc.nat(135), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = elf(2, 0x8000_0000n);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          firmwareImage(bytes, expected);
        } catch (error) {
          expect(error).toBeInstanceOf(FirmwareImageError);
        }
      }),
    );
  });
});
