import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ModuleBuilder } from "@isovm/wasm";
import { afterAll, expect, it } from "vitest";
import { KeptFiles } from "./kept-files.ts";
import { NativeCode } from "./native-code.ts";

const place = mkdtempSync(join(tmpdir(), "isovm-native-"));
afterAll(() => rmSync(place, { recursive: true }));

/** A function that adds up the numbers from its argument down to 1. */
function sumModule(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const sum = module.declareFunction("sum", ["i32"], ["i32"]);
  module.defineFunction(sum, (code) => {
    const [count] = code.params;
    if (!count) return;
    const total = code.local("i32", "total");
    const loop = code.beginLoop();
    code.localGet(total);
    code.localGet(count);
    code.i32Add();
    code.localSet(total);
    code.localGet(count);
    code.i32Const(1);
    code.i32Sub();
    code.localTee(count);
    code.brIf(loop);
    code.end(loop);
    code.localGet(total);
  });
  module.exportFunction("sum", sum);
  return module.toBytes();
}

const bytes = sumModule();

function sumOf(native: NativeCode): (count: number) => number {
  const { exports } = native.instantiate("sum", bytes, {});
  return exports.sum as (count: number) => number;
}

const isOffered = ["v20.", "v22.", "v24."].some((release) => process.version.startsWith(release));

it("keeps nothing before the optimiser has made something", () => {
  const directory = join(place, "none");
  const native = new NativeCode(new KeptFiles(directory, Uint8Array.of(1)));
  expect(sumOf(native)(3)).toBe(6);
  native.keep();
  expect(() => readdirSync(directory)).toThrow("ENOENT");
});

it.runIf(isOffered)("keeps machine code, and does without if it is damaged", () => {
  const directory = join(place, "some");
  const files = new KeptFiles(directory, Uint8Array.of(1));
  const first = new NativeCode(files);
  const sum = sumOf(first);
  const isKept = (): boolean => {
    first.keep();
    try {
      return readdirSync(directory).length > 0;
    } catch {
      return false;
    }
  };
  // V8 optimises when it has seen enough, on a thread of its own.
  for (let calls = 0; !isKept(); calls += 1) {
    expect(calls).toBeLessThan(100_000);
    expect(sum(10_000)).toBe(50_005_000);
  }
  const second = new NativeCode(files);
  expect(sumOf(second)(10_000)).toBe(50_005_000);
  // It has the code from the begin on; only more than that is kept again.
  const [name = ""] = readdirSync(directory);
  const path = join(directory, name);
  const file = readFileSync(path);
  second.keep();
  expect(readFileSync(path)).toEqual(file);
  for (const at of [0, 40, file.length - 1]) {
    const damaged = Buffer.from(file);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    writeFileSync(path, damaged);
    expect(sumOf(new NativeCode(files))(100)).toBe(5050);
  }
});
