import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KernelImageError, kernelImage } from "./kernel-image.ts";

interface Header {
  readonly offset?: bigint;
  readonly memoryBytes?: bigint;
  readonly flags?: bigint;
  readonly sizeBytes?: number;
}

function image(header: Header = {}): Uint8Array {
  const { offset = 0x20_0000n, memoryBytes = 0x10_0000n, flags = 0n, sizeBytes = 4096 } = header;
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(8, offset, true);
  view.setBigUint64(16, memoryBytes, true);
  view.setBigUint64(24, flags, true);
  bytes.set(new TextEncoder().encode("RISCV\0\0\0RSC\x05"), 0x30);
  return bytes;
}

function withText(bytes: Uint8Array, offset: number, text: string): Uint8Array {
  bytes.set(
    [...text].map((character) => character.charCodeAt(0)),
    offset,
  );
  return bytes;
}

describe("kernel images", () => {
  it("say where they lie and what memory they take", () => {
    expect(kernelImage(image())).toEqual({ offset: 0x20_0000, memoryBytes: 0x10_0000 });
  });

  it("take at least what the file has", () => {
    expect(kernelImage(image({ memoryBytes: 1n })).memoryBytes).toBe(4096);
  });

  const refused: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["nothing", new Uint8Array(), /too short for a header$/],
    ["half a header", image().subarray(0, 63), /too short/],
    ["zeros", new Uint8Array(4096), /no such header$/],
    ["arm64", withText(new Uint8Array(4096), 0x38, "ARM\x64"), /a kernel for arm64$/],
    ["x86", withText(new Uint8Array(4096), 0x202, "HdrS"), /a kernel for x86$/],
    ["ELF", withText(new Uint8Array(4096), 0, "\x7fELF"), /an ELF file; give the kernel's Image$/],
    ["gzip", withText(new Uint8Array(4096), 0, "\x1f\x8b"), /compressed \(gzip\)$/],
    ["zboot", withText(new Uint8Array(4096), 4, "zimg"), /zboot image\)$/],
    ["big-endian", image({ flags: 1n }), /big-endian$/],
    ["no size", image({ memoryBytes: 0n }), /header is damaged$/],
    ["a huge size", image({ memoryBytes: 2n ** 60n }), /header is damaged$/],
  ];
  it.each(refused)("are refused: %s", (_name, bytes, message) => {
    expect(() => kernelImage(bytes)).toThrow(KernelImageError);
    expect(() => kernelImage(bytes)).toThrow(message);
  });

  it("that are cut off are noticed by their sections", () => {
    const bytes = withText(withText(image(), 0, "MZ"), 0x3c, "\x40\0\0\0");
    withText(bytes, 0x40, "PE\0\0");
    const view = new DataView(bytes.buffer);
    view.setUint16(0x46, 1, true);
    view.setUint16(0x54, 0xa0, true);
    const section = 0x40 + 24 + 0xa0;
    view.setUint32(section + 16, 3096, true);
    view.setUint32(section + 20, 1000, true);
    expect(kernelImage(bytes).offset).toBe(0x20_0000);
    expect(() => kernelImage(bytes.subarray(0, 4095))).toThrow(/cut off, 4095 bytes of 4096$/);
  });

  it("with any bytes yield a header or that error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, hasMagic) => {
        if (hasMagic && bytes.length >= 64) withText(bytes, 0x38, "RSC\x05");
        try {
          kernelImage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(KernelImageError);
        }
      }),
    );
  });
});
