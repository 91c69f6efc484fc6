/** Disks in files: what is written is there, what is flushed survives, what is wrong has a name. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BlockStorage, StorageError } from "../storage/block-storage.ts";
import { fileStorage } from "./file-storage.ts";

let directory = "";
let image = "";
const opened: BlockStorage[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "isovm-storage-"));
  image = join(directory, "disk.img");
  writeFileSync(image, new Uint8Array(4096));
});

afterEach(() => {
  for (const storage of opened.splice(0)) storage.close();
  rmSync(directory, { recursive: true });
});

function open(path: string = image, readOnly = false): BlockStorage {
  const storage = fileStorage(path, { readOnly });
  opened.push(storage);
  return storage;
}

function failureOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error instanceof StorageError ? error.data.failure : error;
  }
  return undefined;
}

describe("fileStorage", () => {
  it("writes what another descriptor reads", () => {
    const storage = open();
    const data = Uint8Array.from({ length: 600 }, (_, at) => at);
    storage.write(1000, data);
    storage.flush();
    const fd = openSync(image, "r");
    const back = new Uint8Array(600);
    readSync(fd, back, 0, 600, 1000);
    closeSync(fd);
    expect(back).toEqual(data);
    back.fill(0);
    storage.read(1000, back);
    expect(back).toEqual(data);
    expect([storage.sizeBytes, storage.readOnly]).toEqual([4096, false]);
  });

  it("names what is wrong with a file", () => {
    expect(failureOf(() => open(join(directory, "none")))).toBe("notFound");
    expect(failureOf(() => open(join(image, "below")))).toBe("notFound");
    expect(failureOf(() => open(directory))).toBe("notAFile");
    expect(failureOf(() => open(directory, true))).toBe("notAFile");
    expect(failureOf(() => open("/dev/null"))).toBe("notAFile");
    truncateSync(image, 1000);
    expect(failureOf(() => open())).toBe("sizeNotSectors");
  });

  it.skipIf(process.getuid?.() === 0)("names what it may not do", () => {
    chmodSync(image, 0o444);
    expect(failureOf(() => open())).toBe("noPermission");
    expect(open(image, true).readOnly).toBe(true);
  });

  it("doesn't write if it is read-only, beyond its end or when it is closed", () => {
    const readOnly = open(image, true);
    expect(failureOf(() => readOnly.write(0, new Uint8Array(1)))).toBe("readOnly");
    readOnly.flush();
    readOnly.close();
    const storage = open();
    expect(failureOf(() => storage.write(4095, new Uint8Array(2)))).toBe("outOfRange");
    expect(failureOf(() => storage.read(-1, new Uint8Array(2)))).toBe("outOfRange");
    storage.close();
    storage.close();
    expect(failureOf(() => storage.flush())).toBe("closed");
    expect(failureOf(() => storage.read(0, new Uint8Array(1)))).toBe("closed");
    expect(readFileSync(image)).toEqual(Buffer.alloc(4096));
  });

  it("fails when the file becomes shorter", () => {
    const storage = open();
    truncateSync(image, 512);
    expect(failureOf(() => storage.read(0, new Uint8Array(1024)))).toBe("io");
  });

  it("has one writer at a time, or any number of readers, under whatever name", () => {
    const other = join(directory, "link");
    mkdirSync(join(directory, "sub"));
    symlinkSync(image, other);
    const writer = open();
    expect(failureOf(() => open(other))).toBe("inUse");
    expect(failureOf(() => open(other, true))).toBe("inUse");
    writer.close();
    const readers = [open(other, true), open(image, true)];
    expect(failureOf(() => open())).toBe("inUse");
    for (const reader of readers) reader.close();
    expect(failureOf(() => open())).toBe(undefined);
  });

  it("keeps what was flushed when the process is killed", async () => {
    const bundle = join(directory, "writer.mjs");
    await build({
      stdin: {
        contents: `
          import { fileStorage } from "./file-storage.ts";
          const storage = fileStorage(process.argv[2]);
          for (let count = 1; ; count++) {
            storage.write(512, new Uint8Array(new Uint32Array(128).fill(count).buffer));
            storage.flush();
            process.stdout.write(count + "\\n");
          }`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      platform: "node",
      format: "esm",
      conditions: ["@isovm/source"],
      outfile: bundle,
    });
    const child = spawn(process.execPath, [bundle, image], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    let acknowledged = 0;
    for await (const chunk of child.stdout) {
      acknowledged = Math.max(acknowledged, ...String(chunk).split("\n").map(Number));
      if (acknowledged >= 5) break;
    }
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    const { buffer } = Uint8Array.from(readFileSync(image).subarray(512, 1024));
    const counts = new Uint32Array(buffer);
    // What was acknowledged, or something later; at most one sector's write was under way.
    expect(new Set(counts).size).toBe(1);
    expect(counts[0]).toBeGreaterThanOrEqual(acknowledged);
  });
});
