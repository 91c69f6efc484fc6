/** A host whose disk is full or broken: the guest sees errors, and no flush succeeds that did not. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fileStorage } from "./file-storage.ts";

/** The code of the error that a call fails with, and how often each was called. */
const host = vi.hoisted(() => ({
  failing: new Map<string, string>(),
  calls: new Map<string, number>(),
}));

vi.mock("node:fs", async (importOriginal) => {
  const original = await importOriginal<typeof import("node:fs")>();
  const watched = <Arguments extends unknown[], Result>(
    name: string,
    call: (...values: Arguments) => Result,
  ) => {
    return (...values: Arguments): Result => {
      host.calls.set(name, (host.calls.get(name) ?? 0) + 1);
      const code = host.failing.get(name);
      if (code !== undefined) throw Object.assign(new Error(`${code}: it failed`), { code });
      return call(...values);
    };
  };
  return {
    ...original,
    fdatasyncSync: watched("fdatasync", original.fdatasyncSync),
    writeSync: watched(
      "write",
      (fd: number, bytes: Uint8Array, at: number, _: number, to: number) =>
        // One byte at a time: a write may do less than it was asked for.
        original.writeSync(fd, bytes, at, 1, to),
    ),
  };
});

let directory = "";
let image = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "isovm-storage-"));
  image = join(directory, "disk.img");
  writeFileSync(image, new Uint8Array(512));
  host.failing.clear();
  host.calls.clear();
});

afterEach(() => rmSync(directory, { recursive: true }));

it("writes all, however little the host writes at once", () => {
  const storage = fileStorage(image);
  storage.write(3, Uint8Array.of(1, 2, 3));
  const back = new Uint8Array(5);
  storage.read(2, back);
  storage.close();
  expect([...back]).toEqual([0, 1, 2, 3, 0]);
});

it("flushes to the disk itself, but not what nobody can have written", () => {
  const storage = fileStorage(image);
  storage.flush();
  expect(host.calls.get("fdatasync")).toBe(1);
  storage.close();
  const readOnly = fileStorage(image, { readOnly: true });
  readOnly.flush();
  expect(host.calls.get("fdatasync")).toBe(1);
  readOnly.close();
});

it("says that the host's disk is full", () => {
  const storage = fileStorage(image);
  host.failing.set("write", "ENOSPC");
  expect(() => storage.write(0, Uint8Array.of(1))).toThrow(
    expect.objectContaining({ data: { failure: "noSpace", path: image } }),
  );
  storage.close();
});

it("never flushes again after a flush has failed", () => {
  const storage = fileStorage(image);
  host.failing.set("fdatasync", "EIO");
  const io = expect.objectContaining({ data: { failure: "io", path: image } });
  expect(() => storage.flush()).toThrow(io);
  host.failing.clear();
  expect(() => storage.flush()).toThrow(io);
  storage.close();
});
