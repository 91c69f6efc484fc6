/** Translations that one run leaves to the next. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { RunStatistics } from "../run/statistics.ts";
import { program, Workplace } from "../testing/programs.ts";
import { isovm, type TestIoOptions } from "../testing/test-io.ts";

const work = new Workplace();
afterAll(() => work.remove());

/** Adds up in a loop that is worth a translation, writes a line, exits with a part of the sum. */
const summing = (step: number): string => `
    li s0, 1000000
  again:
    addi s1, s1, ${step}
    xor s2, s2, s1
    addi s0, s0, -1
    bnez s0, again
    li a0, 1; la a1, text; li a2, 3; li a7, write; ecall
    andi a0, s2, 0x7f; li a7, exit; ecall
    .data
  text: .ascii "ok\\n"`;

const summing64 = work.file("summing64", program(summing(3)));
const summing32 = work.file("summing32", program(summing(3), 32));

let count = 0;
const place = (): string => join(work.path, `store-${count++}`);

interface Run {
  readonly outcome: { readonly exitCode: number; readonly stdout: string };
  readonly stats: RunStatistics;
  /** Regions that were translated, and those that were taken from the store. */
  readonly translated: number;
  readonly taken: number;
}

async function run(
  path: string,
  options: readonly string[],
  io: TestIoOptions = {},
  engine = "tiered",
): Promise<Run> {
  const words = ["run", "--engine", engine, "--stats", ...options, path];
  const { exitCode, stdout, stderr } = await isovm(words, io);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  const stats = JSON.parse(stderr) as RunStatistics;
  const { keptRegions: taken = 0 } = stats.engineFigures;
  return { outcome: { exitCode, stdout }, stats, translated: stats.regions, taken };
}

/** The files that hold translations. */
function images(store: string): string[] {
  const base = join(store, "translations");
  if (!existsSync(base)) return [];
  return readdirSync(base).flatMap((name) =>
    readdirSync(join(base, name))
      .filter((file) => !file.startsWith("used"))
      .map((file) => join(base, name, file)),
  );
}

describe("a second run", () => {
  it.each([
    ["64", summing64],
    ["32", summing32],
  ])("of a %s-bit program translates nothing", async (_, path) => {
    const store = place();
    const first = await run(path, ["--store", store]);
    expect(first.translated).toBeGreaterThan(0);
    expect(first.taken).toBe(0);
    expect(first.stats.store).toMatchObject({ keptModules: 0, rejected: 0 });
    const second = await run(path, ["--store", store]);
    expect(second).toMatchObject({ translated: 0, taken: first.translated });
    expect(second.outcome).toEqual(first.outcome);
    expect(second.outcome.stdout).toBe("ok\n");
    expect(second.stats.instructions).toBe(first.stats.instructions);
    expect(second.stats).toMatchObject({ regions: 0, translatedInstructions: 0 });
    expect(second.stats.translatedFraction).toBeGreaterThan(first.stats.translatedFraction);
    expect(second.stats.store).toMatchObject({ keptRegions: first.translated, writtenBytes: 0 });
  });

  it("goes by what the program is, not by its name", async () => {
    const store = place();
    const path = work.file("changing", readFileSync(summing64));
    const first = await run(path, ["--store", store]);
    work.file("changing", program(summing(5)));
    const changed = await run(path, ["--store", store]);
    expect(changed).toMatchObject({ taken: 0, translated: first.translated });
    expect(changed.outcome).not.toEqual(first.outcome);
    const renamed = work.file("renamed", readFileSync(summing64));
    expect(await run(renamed, ["--store", store])).toMatchObject({
      translated: 0,
      outcome: first.outcome,
    });
  });

  it("ignores and replaces translations of which a bit has changed", async () => {
    const store = place();
    const first = await run(summing64, ["--store", store]);
    for (const image of images(store)) {
      const bytes = readFileSync(image);
      const middle = bytes.length >> 1;
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      writeFileSync(image, bytes);
    }
    const second = await run(summing64, ["--store", store]);
    expect(second).toMatchObject({ taken: 0, translated: first.translated });
    expect(second.outcome).toEqual(first.outcome);
    expect(second.stats.store?.rejected).toBe(1);
    expect(await run(summing64, ["--store", store])).toMatchObject({
      translated: 0,
      outcome: first.outcome,
      stats: { store: { rejected: 0 } },
    });
  });

  it("ignores translations for another ISA, under whatever name", async () => {
    const [store, other] = [place(), place()];
    await run(summing64, ["--store", store]);
    const first = await run(summing32, ["--store", other]);
    const [foreign = ""] = images(store);
    for (const own of images(other)) {
      copyFileSync(foreign, join(own, "..", basename(foreign)));
      renameSync(own, `${own}.old`);
    }
    const second = await run(summing32, ["--store", other]);
    expect(second).toMatchObject({ taken: 0, translated: first.translated });
    expect(second.outcome).toEqual(first.outcome);
    expect(second.stats.store?.rejected).toBe(1);
  });
});

describe("the store of a run", () => {
  it("is where --store says, else where ISOVM_STORE says, else in the user's cache", async () => {
    const [option, variable, cacheDirectory] = [place(), place(), place()];
    const all = { environment: { ISOVM_STORE: variable }, cacheDirectory };
    const used = (): boolean[] => [option, variable, cacheDirectory].map(existsSync);
    expect((await run(summing64, ["--store", "off"], all)).stats.store).toBeUndefined();
    const off = { environment: { ISOVM_STORE: "off" }, cacheDirectory };
    expect((await run(summing64, [], off)).stats.store).toBeUndefined();
    expect((await run(summing64, [])).stats.store).toBeUndefined();
    expect(used()).toEqual([false, false, false]);
    await run(summing64, ["--store", option], all);
    expect(used()).toEqual([true, false, false]);
    await run(summing64, [], all);
    expect(used()).toEqual([true, true, false]);
    await run(summing64, [], { cacheDirectory });
    expect(used()).toEqual([true, true, true]);
  });

  it("is left alone by engines that don't translate", async () => {
    const store = place();
    expect((await run(summing64, ["--store", store], {}, "interpreter")).translated).toBe(0);
    expect(existsSync(store)).toBe(false);
  });

  it("is no reason to fail where it can't be used, nor to say something unasked", async () => {
    const cacheDirectory = join(work.file("a-file", ""), "isovm");
    const { stats, outcome } = await run(summing64, [], { cacheDirectory });
    expect(outcome.stdout).toBe("ok\n");
    expect(stats.store?.failure).toMatch(/ENOTDIR/);
    const quiet = await isovm(["run", "--engine", "tiered", summing64], { cacheDirectory });
    expect(quiet).toMatchObject({ ...outcome, stderr: "" });
    const strange = place();
    mkdirSync(join(strange, "translations", "0".repeat(32), `${"0".repeat(32)}-1`), {
      recursive: true,
    });
    expect((await run(summing64, ["--store", strange])).outcome).toEqual(outcome);
  });

  it("is a directory, or off", async () => {
    const file = work.file("no-store", "");
    for (const words of [
      ["--store", file],
      ["--store", join(file, "x")],
      ["--store", ""],
    ]) {
      const { exitCode, stderr } = await isovm(["run", ...words, summing64]);
      expect(stderr).toMatch(/^isovm: [^\n]*(not a directory|is no store)[^\n]*\n$/);
      expect(exitCode).toBe(125);
    }
  });
});
