import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isovm } from "../testing/test-io.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "isovm-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

describe("isovm image", () => {
  it("names the guests that there are", async () => {
    const { exitCode, stderr } = await isovm(["image", "plan9"]);
    expect([exitCode, stderr]).toEqual([
      125,
      'isovm: there is no guest "plan9"; give one of debian-riscv64\n',
    ]);
  });

  it.each([
    ["--disk-size", "1M", '"1M" is no size for the disk: give a multiple of 4K from 512M on'],
    ["--disk-size", "600000001", '"600000001" is no size for the disk: give a multiple of 4K'],
    ["--include", "nano,-oRoot=/", '"-oRoot=/" is no name of a package'],
  ])("refuses %s %s", async (option, value, message) => {
    const { exitCode, stderr } = await isovm(["image", "debian-riscv64", option, value]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(125);
  });

  it("says what it needs where there is no apt", async () => {
    vi.stubEnv("PATH", directory);
    const output = join(directory, "out");
    const { exitCode, stderr } = await isovm(["image", "debian-riscv64", "--output", output], {
      cacheDirectory: join(directory, "cache"),
    });
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(
      /\nisovm: apt-get not found: Debian packages can be fetched on [^\n]*\n$/,
    );
    expect(readdirSync(directory)).not.toContain("out");
  });
});
