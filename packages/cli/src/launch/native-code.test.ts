import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ModuleBuilder } from "@isovm/wasm";
import { buildSync } from "esbuild";
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

/** V8 has one code for equal modules of a process, so it takes another one to see what was kept. */
const script = join(place, "native.cjs");
const module = join(place, "sum.wasm");
buildSync({
  stdin: {
    contents: `export { NativeCode } from "./native-code.ts"; export { KeptFiles } from "./kept-files.ts";`,
    resolveDir: import.meta.dirname,
    loader: "ts",
  },
  bundle: true,
  platform: "node",
  format: "cjs",
  outfile: script,
});
writeFileSync(module, bytes);

/** What a process of its own writes that has `native`, `sum` of it, and can ask whether that is optimised. */
function inProcess(directory: string, main: string): string {
  const text = `
    const { NativeCode, KeptFiles } = require(${JSON.stringify(script)});
    const { readFileSync } = require("node:fs");
    const { setFlagsFromString } = require("node:v8");
    const native = new NativeCode(new KeptFiles(${JSON.stringify(directory)}, Uint8Array.of(1)));
    const bytes = new Uint8Array(readFileSync(${JSON.stringify(module)}));
    const { sum } = native.instantiate("sum", bytes, {}).exports;
    function isOptimised() {
      setFlagsFromString("--allow-natives-syntax");
      try { return new Function("a", "return %IsTurboFanFunction(a)")(sum); }
      finally { setFlagsFromString("--no-allow-natives-syntax"); }
    }
    ${main}`;
  const path = join(place, "main.cjs");
  writeFileSync(path, text);
  return execFileSync(process.execPath, [path]).toString().trim();
}

const isOffered = ["v20.", "v22.", "v24."].some((release) => process.version.startsWith(release));

it("keeps nothing before the optimiser has made something", () => {
  const directory = join(place, "none");
  const native = new NativeCode(new KeptFiles(directory, Uint8Array.of(1)));
  const { exports } = native.instantiate("sum", bytes, {});
  expect((exports.sum as (count: number) => number)(3)).toBe(6);
  native.keep();
  expect(() => readdirSync(directory)).toThrow("ENOENT");
});

it.runIf(isOffered)("keeps machine code, and does without if it is damaged", () => {
  const directory = join(place, "some");
  // V8 optimises when it has seen enough, on a thread of its own.
  const optimise = "while (!isOptimised()) sum(10_000); native.keep();";
  expect(inProcess(directory, `console.log(isOptimised()); ${optimise}`)).toBe("false");
  const [name = ""] = readdirSync(directory);
  const path = join(directory, name);
  const file = readFileSync(path);
  const inode = statSync(path).ino;
  const first = "console.log(isOptimised(), sum(100));";
  expect(inProcess(directory, `${first} native.keep();`)).toBe("true 5050");
  // Only more than that is kept again.
  expect(statSync(path).ino).toBe(inode);
  for (const at of [0, 40, file.length - 1]) {
    const damaged = Buffer.from(file);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    writeFileSync(path, damaged);
    expect(inProcess(directory, first)).toBe("false 5050");
  }
});
