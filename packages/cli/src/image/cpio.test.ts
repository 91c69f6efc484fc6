import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpioArchive } from "./cpio.ts";

interface Member {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
}

/** Reads what the format's description says, field by field. */
function members(archive: Uint8Array): Member[] {
  const text = (from: number, to: number): string =>
    Buffer.from(archive.subarray(from, to)).toString("latin1");
  const result: Member[] = [];
  for (let at = 0; ; ) {
    expect(text(at, at + 6)).toBe("070701");
    const field = (index: number): number =>
      Number.parseInt(text(at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const nameBytes = field(11);
    const path = text(at + 110, at + 110 + nameBytes - 1);
    const data = Math.ceil((at + 110 + nameBytes) / 4) * 4;
    if (path === "TRAILER!!!") return result;
    const bytes = archive.slice(data, data + field(6));
    result.push({ path, mode: field(1), bytes });
    at = Math.ceil((data + bytes.length) / 4) * 4;
  }
}

describe("cpio archives", () => {
  it("hold what they were given", () => {
    const entry = fc.record({
      path: fc.stringMatching(/^[a-z][a-z0-9/]{0,20}$/),
      permissions: fc.integer({ min: 0, max: 0o7777 }),
      bytes: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
        const archive = cpioArchive(entries);
        expect(archive.length % 512).toBe(0);
        expect(members(archive)).toEqual(
          entries.map(({ path, permissions, bytes }) => ({
            path,
            mode: 0o100000 | permissions,
            bytes,
          })),
        );
      }),
    );
  });

  it("tell directories from files", () => {
    const [bin] = members(cpioArchive([{ path: "bin", permissions: 0o755 }]));
    expect(bin?.mode).toBe(0o040755);
  });
});
