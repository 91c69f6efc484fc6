import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { KeptFiles } from "./kept-files.ts";

const place = mkdtempSync(join(tmpdir(), "isovm-kept-"));
afterAll(() => rmSync(place, { recursive: true }));
const identity = Uint8Array.of(1, 2, 3);
const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);
let count = 0;
const directory = (): string => join(place, `${count++}`);

it("finds what was kept under the name, and nothing else", () => {
  const at = directory();
  const files = new KeptFiles(at, identity);
  expect(files.find("a")).toBeUndefined();
  files.keep("a", bytes);
  files.keep("b", bytes.subarray(1));
  expect(files.find("a")).toEqual(bytes);
  expect(files.find("b")).toEqual(bytes.subarray(1));
  expect(files.find("c")).toBeUndefined();
  expect(new KeptFiles(at, identity).find("a")).toEqual(bytes);
});

it("finds nothing of another build", () => {
  const at = directory();
  new KeptFiles(at, identity).keep("a", bytes);
  expect(new KeptFiles(at, Uint8Array.of(1, 2)).find("a")).toBeUndefined();
});

it("finds nothing that was changed, cut, or renamed", () => {
  const at = directory();
  const files = new KeptFiles(at, identity);
  files.keep("a", bytes);
  const [name = ""] = readdirSync(at);
  const file = readFileSync(join(at, name));
  for (let index = 0; index < file.length; index += 7) {
    const changed = Buffer.from(file);
    changed[index] = (changed[index] ?? 0) ^ 0x10;
    writeFileSync(join(at, name), changed);
    expect(files.find("a")).toBeUndefined();
    writeFileSync(join(at, name), file.subarray(0, index));
    expect(files.find("a")).toBeUndefined();
  }
  files.keep("b", bytes);
  const other = readdirSync(at).find((found) => found !== name) ?? "";
  writeFileSync(join(at, other), file);
  expect(files.find("b")).toBeUndefined();
  files.keep("b", bytes);
  expect(files.find("b")).toEqual(bytes);
});

it("keeps a limited number of files, and nothing where it may not", () => {
  const at = directory();
  const files = new KeptFiles(at, identity);
  for (let index = 0; index < 100; index += 1) files.keep(`${index}`, bytes);
  expect(readdirSync(at).length).toBeLessThanOrEqual(64);
  const file = join(place, "file");
  writeFileSync(file, "");
  chmodSync(file, 0o600);
  const nowhere = new KeptFiles(join(file, "below"), identity);
  nowhere.keep("a", bytes);
  expect(nowhere.find("a")).toBeUndefined();
});
