import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostFileSystem } from "../vfs/host/file-system.ts";
import { decodePath } from "../vfs/path-name.ts";
import { outcome, readAll, Shell } from "../vfs/test-support.ts";
import { CheckedDirectory } from "./checked-directory.ts";
import { openHostDirectory } from "./host-directory.ts";

describe("a directory of the host behind checked paths", () => {
  it("keeps directories in use through the guest's renames", () => {
    const directory = mkdtempSync(join(tmpdir(), "isovm-host-"));
    const shell = new Shell(
      new HostFileSystem({ directory: CheckedDirectory.openRoot(directory) }),
    );
    shell.mkdir("/a");
    shell.mkdir("/a/b");
    shell.write("/a/b/f", "x");
    shell.chdir("/a/b");
    const open = shell.open(".", { read: true, directory: true });
    shell.rename("/a", "/z");
    expect(shell.read("f")).toBe("x");
    expect([...open.readDirectory(0)].map(({ name }) => name)).toEqual([".", "..", "f"]);
    open.close();
    rmSync(directory, { recursive: true, force: true });
  });
});

describe("a directory of the host", () => {
  let directory: string;
  let fileSystem: HostFileSystem;
  let shell: Shell;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "isovm-host-"));
    fileSystem = openHostDirectory(directory);
    shell = new Shell(fileSystem);
  });

  afterEach(() => {
    fileSystem.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("keeps an unlinked file usable through whoever has it open", () => {
    shell.write("/f", "contents");
    const file = shell.open("/f", { read: true, write: true });
    shell.unlink("/f");
    shell.write("/f", "another");
    expect(readAll(file)).toBe("contents");
    file.append(new TextEncoder().encode("!"));
    file.inode.setAttributes({ mode: 0o600 });
    expect(file.inode.stat()).toMatchObject({ nlink: 0, sizeBytes: 9, mode: 0o100600 });
    expect(file.inode).not.toBe(shell.vfs.resolve(shell.context, undefined, "/f").inode);
    const again = file.inode.open({ read: true, write: false });
    expect(readAll(again)).toBe("contents!");
    again.close();
    file.close();
    expect(shell.read("/f")).toBe("another");
  });

  it("keeps directories in use through renames, the guest's and the host's", () => {
    shell.mkdir("/a");
    shell.mkdir("/a/b");
    shell.write("/a/b/f", "x");
    const open = shell.open("/a/b", { read: true, directory: true });
    shell.chdir("/a/b");
    shell.rename("/a", "/z");
    expect(shell.read("f")).toBe("x");
    expect(shell.cwd()).toBe("/z/b");
    expect([...open.readDirectory(0)].map(({ name }) => name)).toEqual([".", "..", "f"]);
    open.close();
  });

  it("tells a new file from a removed one whose inode number the host uses again", () => {
    const seen = new Set<unknown>();
    for (let index = 0; index < 20; index += 1) {
      shell.write("/f", "");
      seen.add(shell.vfs.resolve(shell.context, undefined, "/f").inode);
      if (index % 2 === 0) shell.unlink("/f");
      else {
        shell.write("/g", "");
        shell.rename("/g", "/f");
        shell.unlink("/f");
      }
    }
    expect(seen.size).toBe(20);
  });

  it("goes as deep as the guest likes, with few descriptors", () => {
    const depth = 1200;
    for (let level = 0; level < depth; level += 1) {
      shell.mkdir("x");
      shell.chdir("x");
    }
    shell.write("f", "deep");
    const before = process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
    expect(before).toBeLessThan(200);
    expect(shell.cwd()).toHaveLength(2 * depth);
    expect(shell.read("f")).toBe("deep");
    // From the top again, one name at a time, since no directory on the way is open any more.
    for (let index = 0; index < 100; index += 1) {
      shell.mkdir(`/y${index}`);
      shell.list(`/y${index}`);
    }
    expect(shell.read("f")).toBe("deep");
  });

  it("keeps names that aren't UTF-8", () => {
    if (process.platform !== "linux") return;
    const name = decodePath(Uint8Array.of(0x66, 0xff, 0xc3, 0xa4));
    shell.write(`/${name}`, "x");
    shell.symlink(name, "/link");
    expect(shell.list("/")).toEqual([".", "..", name, "link"].sort());
    expect(shell.read("/link")).toBe("x");
    const raw = readdirSync(directory, { encoding: "buffer" });
    expect(raw.some((bytes) => bytes.equals(Buffer.of(0x66, 0xff, 0xc3, 0xa4)))).toBe(true);
  });

  it("keeps time stamps to the microsecond", () => {
    shell.write("/f", "");
    const found = shell.vfs.resolve(shell.context, undefined, "/f");
    for (const micros of [0n, 1n, 999_999n, 1_700_000_000_999_999n, 4_000_000_000_123_457n]) {
      shell.vfs.setTimes(shell.context, found, micros * 1000n + 999n, micros * 1000n);
      const { atimeNanos, mtimeNanos } = shell.stat("/f");
      expect([atimeNanos / 1000n, mtimeNanos]).toEqual([micros, micros * 1000n]);
    }
    shell.vfs.setTimes(shell.context, found, "omit", -86_400_000_000_000n);
    expect(shell.stat("/f").mtimeNanos).toBe(-86_400_000_000_000n);
    shell.symlink("f", "/l");
    const link = shell.vfs.resolve(shell.context, undefined, "/l", { follow: false });
    shell.vfs.setTimes(shell.context, link, 5_000_000_000n, 6_000_000_000n);
    expect(shell.stat("/l", false).mtimeNanos).toBe(6_000_000_000n);
    expect(shell.stat("/f").mtimeNanos).toBe(-86_400_000_000_000n);
  });

  it("gives files and directories the guest's modes, not those of the host's umask", () => {
    const umask = process.umask(0o077);
    try {
      shell.open("/f", { write: true, create: true, mode: 0o646 }).close();
      shell.mkdir("/d", 0o1777);
    } finally {
      process.umask(umask);
    }
    expect(statSync(join(directory, "f")).mode & 0o7777).toBe(0o644);
    expect(statSync(join(directory, "d")).mode & 0o7777).toBe(0o1755);
    const top = shell.vfs.resolve(shell.context, undefined, "/");
    shell.vfs.chmod(shell.context, top, 0o711);
    expect(statSync(directory).mode & 0o777).toBe(0o711);
  });

  it("appends beside another writer", () => {
    shell.write("/log", "a");
    const file = shell.open("/log", { write: true });
    writeFileSync(join(directory, "log"), "host", { flag: "a" });
    file.append(new TextEncoder().encode("guest"));
    file.close();
    expect(readFileSync(join(directory, "log"), "utf8")).toBe("ahostguest");
  });

  it("lists what there is, and what vanished meanwhile not", () => {
    for (const name of ["a", "b", "c"]) shell.write(`/${name}`, "");
    const open = shell.open("/", { read: true, directory: true });
    const listing = open.readDirectory(0)[Symbol.iterator]();
    const names = [0, 1, 2].map(() => listing.next().value?.name);
    expect(names).toEqual([".", "..", "a"]);
    shell.unlink("/b");
    shell.write("/d", "");
    expect([...open.readDirectory(3)].map(({ name }) => name)).toEqual(["c"]);
    expect([...open.readDirectory(0)].map(({ name }) => name)).toEqual([".", "..", "a", "c", "d"]);
    open.close();
  });

  it("passes the host's refusals on", () => {
    if (process.getuid?.() === 0) return;
    writeFileSync(join(directory, "locked"), "");
    chmodSync(join(directory, "locked"), 0);
    expect(outcome(() => shell.read("/locked"))).toBe("EACCES");
  });
});
