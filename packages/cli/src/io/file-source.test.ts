import { execFileSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { InputError } from "../errors.ts";
import { headOf, openSource } from "./file-source.ts";

const place = mkdtempSync(join(tmpdir(), "isovm-source-"));
afterAll(() => rmSync(place, { recursive: true }));
const bytes = Uint8Array.from({ length: 10_000 }, (_, index) => index * 3);
const path = join(place, "file");

it("is read where it is needed", () => {
  writeFileSync(path, bytes);
  const source = openSource(path);
  expect(source.sizeBytes).toBe(10_000);
  expect(headOf(source, 10)).toEqual(bytes.subarray(0, 10));
  expect(headOf(source, 10_000, 9990)).toEqual(bytes.subarray(9990));
  expect(headOf(source, 5, 20_000)).toEqual(new Uint8Array(0));
  source.close();
  expect(() => headOf(source, 1)).toThrow(`${path}: was closed`);
});

it("that is replaced goes on as it was; that is changed is an error", async () => {
  writeFileSync(path, bytes);
  const source = openSource(path);
  writeFileSync(join(place, "new"), "something else");
  renameSync(join(place, "new"), path);
  expect(headOf(source, 10)).toEqual(bytes.subarray(0, 10));
  source.close();
  const changed = openSource(path);
  expect(headOf(changed, 9)).toEqual(new TextEncoder().encode("something"));
  writeFileSync(path, "another file, longer than before");
  utimesSync(path, 1, 1);
  // For some milliseconds it isn't looked at.
  await sleep(20);
  expect(() => headOf(changed, 9)).toThrow(InputError);
  expect(() => headOf(changed, 9)).toThrow(/was changed while it was in use$/);
  changed.close();
});

it("may be a pipe", () => {
  const pipe = join(place, "pipe");
  execFileSync("mkfifo", [pipe]);
  execFileSync("sh", ["-c", `printf 'from a pipe' > '${pipe}' &`], { stdio: "ignore" });
  const source = openSource(pipe);
  expect(source.isFile).toBe(false);
  expect(headOf(source, 100)).toEqual(new TextEncoder().encode("from a pipe"));
});

it.each([
  ["nothing", /nothing: no such file$/],
  [".", /is a directory$/],
  ["/dev/zero", /is a device, not a file$/],
])("is refused: %s", (name, message) => {
  expect(() => headOf(openSource(name.startsWith("/") ? name : join(place, name)), 1)).toThrow(
    message,
  );
});
