import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryShell, outcome, tickingClock } from "../test-support.ts";
import { MemoryFileSystem } from "./file-system.ts";
import { PagedData, Quota } from "./paged-data.ts";

const megabyte = 2 ** 20;

describe("an in-memory file", () => {
  it("equals an array of bytes under any writes, truncations and holes", () => {
    const position = fc.oneof(fc.nat(12_300), fc.constantFrom(0, 4095, 4096, 4097, 8192));
    const operation = fc.oneof(
      fc.tuple(fc.constant("write" as const), position, fc.nat(9000)),
      fc.tuple(fc.constant("truncate" as const), position, fc.constant(0)),
      fc.tuple(fc.constant("punch" as const), position, fc.nat(9000)),
      fc.tuple(fc.constant("allocate" as const), position, fc.integer({ min: 1, max: 9000 })),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 20 }), (operations) => {
        const quota = new Quota(megabyte);
        const data = new PagedData(quota);
        let model = new Uint8Array(0);
        for (const [index, [kind, at, length]] of operations.entries()) {
          if (kind === "write") {
            const bytes = new Uint8Array(length).fill(index + 1);
            if (length > 0) data.write(bytes, at);
            if (length > 0) model = grown(model, at + length);
            model.set(bytes, Math.min(at, model.length));
          } else if (kind === "truncate") {
            data.truncate(at);
            model = grown(model.slice(0, at), at);
          } else if (kind === "punch") {
            data.punch(at, length);
            model.fill(0, at, at + length);
          } else {
            data.allocate(at, length, true);
            model = grown(model, at + length);
          }
          const contents = new Uint8Array(model.length + 10);
          expect(data.read(contents, 0)).toBe(model.length);
          expect(Buffer.from(contents.subarray(0, model.length)).equals(model)).toBe(true);
          expect(quota.usedPages).toBe(data.allocatedPages);
        }
        data.release();
        expect(quota.usedPages).toBe(0);
      }),
    );
  });

  it("is sparse, and shows its holes", () => {
    const shell = memoryShell();
    const file = shell.open("/f", { read: true, write: true, create: true });
    file.write(Uint8Array.of(1), 2 ** 40);
    expect(file.inode.stat()).toMatchObject({ sizeBytes: 2 ** 40 + 1, blocks: 8 });
    expect(file.seekExtent(0, "data")).toBe(2 ** 40);
    expect(file.seekExtent(5, "hole")).toBe(5);
    expect(file.seekExtent(2 ** 40, "hole")).toBe(2 ** 40 + 1);
    expect(outcome(() => file.seekExtent(2 ** 40 + 1, "data"))).toBe("ENXIO");
    file.truncate(10);
    expect(file.inode.stat().blocks).toBe(0);
    expect(outcome(() => file.seekExtent(0, "data"))).toBe("ENXIO");
    expect(outcome(() => file.truncate(2 ** 53))).toBe("EFBIG");
    expect(outcome(() => file.write(Uint8Array.of(1), 2 ** 52))).toBe("EFBIG");
  });

  it("allocates and gives back as fallocate says", () => {
    const shell = memoryShell({ sizeBytes: megabyte });
    const file = shell.open("/f", { read: true, write: true, create: true });
    file.allocate("keepSize", 0, 8192);
    expect(file.inode.stat()).toMatchObject({ sizeBytes: 0, blocks: 16 });
    file.allocate("extend", 0, 5000);
    file.write(new Uint8Array(5000).fill(7), 0);
    file.allocate("punchHole", 0, 4096);
    const bytes = new Uint8Array(5000);
    file.read(bytes, 0);
    expect([bytes[0], bytes[4095], bytes[4096]]).toEqual([0, 0, 7]);
    expect(outcome(() => file.allocate("extend", 0, 2 * megabyte))).toBe("ENOSPC");
    expect(outcome(() => file.allocate("extend", 0, 2 ** 53))).toBe("EFBIG");
    expect(file.size()).toBe(5000);
  });
});

describe("an in-memory file system", () => {
  it("keeps to its size, writes what fits, and reports both", () => {
    const shell = memoryShell({ sizeBytes: 8192 });
    const file = shell.open("/f", { write: true, create: true });
    expect(file.write(new Uint8Array(10_000), 0)).toBe(8192);
    expect(outcome(() => file.write(new Uint8Array(1), 8192))).toBe("ENOSPC");
    expect(shell.vfs.statfs(shell.vfs.resolve(shell.context, undefined, "/"))).toMatchObject({
      blocks: 2n,
      blocksFree: 0n,
    });
    file.truncate(1);
    expect(file.write(new Uint8Array(4096), 4096)).toBe(4096);
  });

  it("keeps to its number of inodes and names, and gives them back", () => {
    const shell = memoryShell({ inodes: 4 });
    for (let round = 0; round < 3; round += 1) {
      shell.mkdir("/d");
      shell.write("/d/f", "");
      shell.link("/d/f", "/d/g");
      expect(outcome(() => shell.link("/d/f", "/d/h"))).toBe("ENOSPC");
      expect(outcome(() => shell.symlink("x", "/d/h"))).toBe("ENOSPC");
      shell.unlink("/d/f");
      shell.rename("/d/g", "/d/h");
      shell.write("/d/g", "");
      shell.rename("/d/g", "/d/h");
      shell.unlink("/d/h");
      shell.rmdir("/d");
    }
    const root = shell.vfs.resolve(shell.context, undefined, "/");
    expect(shell.vfs.statfs(root).filesFree).toBe(3n);
  });

  it("counts long symlinks as space", () => {
    const shell = memoryShell({ sizeBytes: 4096 });
    shell.symlink("x".repeat(4000), "/long");
    expect(outcome(() => shell.symlink("x".repeat(4000), "/longer"))).toBe("ENOSPC");
    shell.symlink("x".repeat(100), "/short");
    shell.unlink("/long");
    shell.symlink("x".repeat(4000), "/longer");
  });

  it("lists every lasting name exactly once while names come and go", () => {
    const shell = memoryShell();
    for (let index = 0; index < 200; index += 1) shell.write(`/f${index}`, "");
    const directory = shell.open("/", { read: true, directory: true });
    const seen: string[] = [];
    let position = 0;
    for (let round = 0; ; round += 1) {
      const batch = [...take(directory.readDirectory(position), 7)];
      if (batch.length === 0) break;
      seen.push(...batch.map(({ name }) => name));
      position = batch.at(-1)?.nextPosition ?? position;
      // What was listed is removed, as `rm -r` does; something else appears.
      for (const { name } of batch) if (name.startsWith("f")) shell.unlink(`/${name}`);
      if (round < 5) shell.write(`/new${round}`, "");
    }
    const old = seen.filter((name) => name.startsWith("f"));
    expect(new Set(old).size).toBe(200);
    expect(old).toHaveLength(200);
    expect(shell.list("/")).toEqual([".", "..", "new0", "new1", "new2", "new3", "new4"]);
  });

  it("updates time stamps as Linux does", () => {
    const shell = memoryShell();
    shell.mkdir("/d");
    shell.write("/d/f", "x");
    const before = shell.stat("/d/f");
    shell.read("/d/f");
    const read = shell.stat("/d/f");
    expect(read.atimeNanos > before.atimeNanos).toBe(true);
    expect(read.mtimeNanos).toBe(before.mtimeNanos);
    shell.read("/d/f");
    expect(shell.stat("/d/f").atimeNanos).toBe(read.atimeNanos);
    const directory = shell.stat("/d");
    shell.link("/d/f", "/d/g");
    expect(shell.stat("/d").mtimeNanos > directory.mtimeNanos).toBe(true);
    const linked = shell.stat("/d/f");
    expect(linked.ctimeNanos > read.ctimeNanos).toBe(true);
    expect(linked.mtimeNanos).toBe(read.mtimeNanos);
    expect(linked.btimeNanos).toBe(before.btimeNanos);
  });

  it("is not harmed by two mounts that move a directory into itself", () => {
    const fileSystem = new MemoryFileSystem({ clock: tickingClock() });
    const node = { kind: "directory", mode: 0o755, uid: 0, gid: 0 } as const;
    const a = fileSystem.root.create("a", node);
    const b = a.create("b", node);
    expect(outcome(() => fileSystem.root.rename("a", b, "c", "replace"))).toBe("EINVAL");
    expect(outcome(() => a.rename("b", fileSystem.root, "a", "exchange"))).toBe("EINVAL");
    expect(outcome(() => a.rename("b", fileSystem.root, "a", "replace"))).toBe("ENOTEMPTY");
  });
});

function grown(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= bytes.length) return bytes;
  const longer = new Uint8Array(length);
  longer.set(bytes);
  return longer;
}

function* take<T>(items: Iterable<T>, count: number): Iterable<T> {
  let taken = 0;
  for (const item of items) {
    yield item;
    taken += 1;
    if (taken === count) return;
  }
}
