import { existsSync } from "node:fs";
import { mkdtemp, readdir, readlink, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hasOracles, runOracle } from "../oracle/index.ts";
import { cachedDirectory, withLock } from "./cache.ts";
import { DebianFetchError, debianPackage, debianPackages, debianRoot, hasDebian } from "./index.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

afterEach(() => vi.unstubAllEnvs());

async function inTemporary(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "isovm-"));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

describe("the cache", () => {
  it("runs one at a time under a lock", () =>
    inTemporary(async (directory) => {
      let running = 0;
      const work = async (): Promise<void> => {
        expect(++running).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
      };
      await Promise.all(Array.from({ length: 4 }, () => withLock(join(directory, "lock"), work)));
    }));

  it("shows a directory whole or not at all", () =>
    inTemporary(async (directory) => {
      const path = join(directory, "made");
      const failing = cachedDirectory(path, async (temporary) => {
        await symlink("x", join(temporary, "link"));
        throw new Error("half way");
      });
      await expect(failing).rejects.toThrow("half way");
      expect(await readdir(directory)).toEqual([]);
      await cachedDirectory(path, (temporary) => symlink("x", join(temporary, "link")));
      await cachedDirectory(path, () => Promise.reject(new Error("made already")));
      expect(await readlink(join(path, "link"))).toBe("x");
    }));
});

describe.skipIf(!hasDebian())("Debian packages for riscv64", { timeout: 300_000 }, () => {
  it("come alone", async () => {
    const directory = await debianPackage("busybox-static");
    expect(await readdir(directory)).toEqual(["usr"]);
    expect(existsSync(join(directory, "usr/bin/busybox"))).toBe(true);
  });

  it("come with what they depend on, in a root with merged /usr", async () => {
    const root = await debianRoot({ packages: ["xz-utils"] });
    expect(await readlink(join(root, "lib"))).toBe("usr/lib");
    expect(existsSync(join(root, "lib/ld-linux-riscv64-lp64d.so.1"))).toBe(true);
    if (!hasOracles("qemu-riscv64")) return;
    const { stdout } = await runOracle("qemu-riscv64", ["-L", root, join(root, "bin/xz"), "-V"]);
    expect(text(stdout)).toContain("liblzma");
  });

  it("name what they depend on", async () => {
    const [image] = await debianPackages().dependencies("linux-image-riscv64");
    expect(image).toMatch(/^linux-image-6\.12\.[0-9]+.*-riscv64$/);
  });

  it("that do not exist are an error that says so", async () => {
    const error = await debianPackage("isovm-no-such-package").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DebianFetchError);
    expect(String(error)).toContain("Unable to locate package isovm-no-such-package");
  });
});
