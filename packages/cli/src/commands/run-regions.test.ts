/** What `isovm run` tells of translation: its figures, and the files of `--dump-regions`. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, describe, expect, it } from "vitest";
import type { RunStatistics } from "../run/statistics.ts";
import { exitWith, program, Workplace } from "../testing/programs.ts";
import { isovm } from "../testing/test-io.ts";

const work = new Workplace();
afterAll(() => work.remove());

/** Two loops, one after the other, of which the first calls a function. */
const loops = `
    li s0, 800000
    la s2, buffer
  first:
    jal add_up
    addi s0, s0, -1
    bnez s0, first
    li s0, 1000000
  second:
    lui t0, 16
    addi t0, t0, 1
    add s1, s1, t0
    addi s0, s0, -1
    bnez s0, second
    ${exitWith(5)}
  add_up:
    lw t1, 0(s2)
    add s1, s1, t1
    ret
    .data
  buffer: .word 3`;

const loops64 = work.file("loops64", program(loops));
const loops32 = work.file("loops32", program(loops, 32));
const tiered = ["run", "--engine", "tiered"];

async function dumpOf(path: string, directory: string): Promise<ReadonlyMap<string, string>> {
  const dumping = [...tiered, "--dump-regions", directory, path];
  expect(await isovm(dumping)).toMatchObject({ exitCode: 5, stderr: "" });
  return new Map(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name), "utf8")]),
  );
}

describe("isovm run --dump-regions", () => {
  it("writes four files for each region, in the order of translation", async () => {
    const files = await dumpOf(loops64, join(work.path, "new", "directory"));
    const regions = [...new Set([...files.keys()].map((name) => name.split(".")[0]))];
    expect(regions.length).toBeGreaterThan(1);
    expect([...files.keys()]).toEqual(
      regions.flatMap((base) => [".ir", ".optimised.ir", ".s", ".wat"].map((end) => base + end)),
    );
    regions.forEach((base, index) => {
      expect(base).toMatch(new RegExp(`^000${index + 1}-1[0-9a-f]{4}$`));
    });
  });

  it("shows assembly by block, semantics before and after the passes, and WebAssembly", async () => {
    const files = [...(await dumpOf(loops64, join(work.path, "shown")))];
    const withCall = files.find(([name, text]) => name.endsWith(".s") && /\bjal\b/.test(text));
    expect(withCall?.[1]).toMatch(
      /^# 6 instructions in \d blocks, entered at 0x1[0-9a-f]{4}\n\n# block 0x1[0-9a-f]{4}, then /,
    );
    expect(withCall?.[1]).toMatch(/ {2}lw {6}t1,0\(s2\)\n.* {2}add {5}s1,s1,t1\n.* {2}ret\n/);
    expect(withCall?.[1]).toMatch(/ or out to where a register says\n/);
    const second = files.find(([name, text]) => name.endsWith(".s") && /\blui\b/.test(text));
    const base = second?.[0].slice(0, -2);
    const text = new Map(files);
    expect(second?.[1]).toMatch(/ or out to 0x1[0-9a-f]{4}\n.* {2}lui {5}t0,0x10\n/);
    expect(text.get(`${base}.ir`)).toMatch(/lui .*\n {12}x\[5\] = 0x10000\n.*addi .*\n {12}t0 = x/);
    expect(text.get(`${base}.optimised.ir`)).toMatch(
      /lui .*\n {12}\(nothing\)\n.*addi .*\n {12}x\[5\] = 0x10001\n/,
    );
    expect(text.get(`${base}.wat`)).toMatch(
      /^\(func \$r\d+ \(param \$budget i32\) \(param \$entry i32\) \(result i32\)/,
    );
    expect(text.get(`${base}.wat`)).toContain("(local $x5 i64)");
  });

  it("shows 32-bit code, too", async () => {
    const files = await dumpOf(loops32, join(work.path, "narrow"));
    const text = [...files.values()].join("");
    expect(text).toContain("(local $x5 i32)");
  });

  it("replaces an earlier dump and nothing else", async () => {
    const directory = join(work.path, "again");
    const first = await dumpOf(loops64, directory);
    for (const name of ["0099-10000.s", "notes.s", "0001-10000.txt"]) {
      writeFileSync(join(directory, name), "");
    }
    const second = await dumpOf(loops64, directory);
    expect([...second.keys()]).toEqual([...first.keys(), "0001-10000.txt", "notes.s"].sort());
  });

  it("neither takes translations from a store nor leaves some there", async () => {
    const cacheDirectory = join(work.path, "cache");
    expect((await isovm([...tiered, loops64], { cacheDirectory })).exitCode).toBe(5);
    const directory = join(work.path, "uncached");
    await isovm([...tiered, "--dump-regions", directory, loops64], { cacheDirectory });
    expect(readdirSync(directory).length).toBeGreaterThan(0);
  });

  it("says what is wrong with its directory before it runs", async () => {
    const file = work.file("file", "");
    const sealed = join(work.path, "sealed");
    mkdirSync(sealed);
    chmodSync(sealed, 0o555);
    // Permissions don't stop root.
    const places = [file, join(file, "x"), ...(process.getuid?.() === 0 ? [] : [sealed])];
    for (const directory of places) {
      const { exitCode, stderr } = await isovm([...tiered, "--dump-regions", directory, loops64]);
      expect(stderr).toMatch(/^isovm: --dump-regions \/[^\n]*: E(EXIST|NOTDIR|ACCES)[^\n]*\n$/);
      expect(exitCode).toBe(125);
    }
  });

  it("needs an engine that translates, and no store", async () => {
    const dumping = ["--dump-regions", join(work.path, "none"), loops64];
    const other = await isovm(["run", "--engine", "interpreter", ...dumping]);
    expect(other.stderr).toMatch(/^isovm: --dump-regions: .*"interpreter" translates nothing/);
    const stored = await isovm([...tiered, "--store", work.path, ...dumping]);
    expect(stored.stderr).toMatch(/^isovm: --dump-regions .*leave out --store\n$/);
    expect([other.exitCode, stored.exitCode]).toEqual([125, 125]);
  });
});

describe("isovm run --stats of a program that is translated", () => {
  it("tells how much, by tier", async () => {
    const { exitCode, stderr } = await isovm([...tiered, "--stats", loops64]);
    const stats = JSON.parse(stderr) as RunStatistics;
    expect(exitCode).toBe(5);
    const { executed, instructions, translatedFraction } = stats;
    expect(executed.interpreted + executed.translated).toBe(instructions);
    expect(translatedFraction).toBeCloseTo(executed.translated / instructions, 3);
    expect(translatedFraction).toBeGreaterThan(0.3);
    expect(translatedFraction).toBeLessThan(1);
    expect(stats.regions).toBeGreaterThan(1);
    expect(stats.translatedInstructions).toBeGreaterThanOrEqual(11);
    expect(stats.translateMs).toBeGreaterThan(0);
    expect(stats.engineFigures).toMatchObject({ keptRegions: 0, peakCachedRegions: stats.regions });
    expect(Object.keys(stats.engineFigures)).not.toContain("regions");
  });
});
