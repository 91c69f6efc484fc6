import { describe, expect, it } from "vitest";
import { memoryShell, outcome, readAll, user } from "./test-support.ts";

describe("open", () => {
  it("creates, and with O_EXCL only creates", () => {
    const shell = memoryShell();
    const create = { write: true, create: true, exclusive: true, mode: 0o666 };
    expect(shell.vfs.open(shell.context, undefined, "/f", create).created).toBe(true);
    expect(outcome(() => shell.open("/f", create))).toBe("EEXIST");
    shell.symlink("nowhere", "/dangling");
    expect(outcome(() => shell.open("/dangling", create))).toBe("EEXIST");
    expect(shell.stat("/f").mode).toBe(0o100644);
  });

  it("creates the target of a dangling symlink", () => {
    const shell = memoryShell();
    shell.mkdir("/d");
    shell.symlink("d/target", "/link");
    shell.write("/link", "x");
    expect(shell.read("/d/target")).toBe("x");
    shell.symlink("missing/target", "/broken");
    expect(outcome(() => shell.write("/broken", ""))).toBe("ENOENT");
    shell.symlink("loop", "/loop");
    expect(outcome(() => shell.write("/loop", ""))).toBe("ELOOP");
  });

  it("opens a new file for writing though its mode forbids it", () => {
    const shell = memoryShell({ mode: 0o777 });
    shell.as(user);
    const file = shell.open("/lock", { write: true, create: true, mode: 0 });
    expect(file.write(new Uint8Array(3), 0)).toBe(3);
    expect(outcome(() => shell.open("/lock"))).toBe("EACCES");
  });

  it("tells directories, symlinks and the rest apart", () => {
    const shell = memoryShell();
    shell.mkdir("/d");
    shell.write("/f", "");
    shell.symlink("f", "/l");
    expect(outcome(() => shell.open("/d", { write: true }))).toBe("EISDIR");
    expect(outcome(() => shell.open("/d", { read: true, create: true }))).toBe("EISDIR");
    expect(outcome(() => shell.open("/d", { read: true, truncate: true }))).toBe("EISDIR");
    expect(outcome(() => shell.open("/new/", { write: true, create: true }))).toBe("EISDIR");
    expect(outcome(() => shell.open("/..", { write: true, create: true }))).toBe("EISDIR");
    expect(outcome(() => shell.open("/f", { read: true, directory: true }))).toBe("ENOTDIR");
    expect(outcome(() => shell.open("/l", { read: true, noFollow: true }))).toBe("ELOOP");
    expect(outcome(() => shell.open("/l", { write: true, noFollow: true, create: true }))).toBe(
      "ELOOP",
    );
    expect(outcome(() => shell.open("/l", { read: true, noFollow: true, directory: true }))).toBe(
      "ENOTDIR",
    );
    expect(outcome(() => shell.open("/x", { read: true, create: true, directory: true }))).toBe(
      "EINVAL",
    );
  });

  it("with O_PATH names a place, permissions or not", () => {
    const shell = memoryShell();
    shell.write("/f", "", 0);
    shell.symlink("f", "/l");
    shell.as(user);
    const place = shell.vfs.open(shell.context, undefined, "/f", { path: true });
    expect(place.file).toBeUndefined();
    const link = shell.vfs.open(shell.context, undefined, "/l", { path: true, noFollow: true });
    expect(link.inode.kind).toBe("symlink");
    expect(shell.vfs.readlink(shell.context, link.location, "")).toBe("f");
  });

  it("with O_TMPFILE makes a file without a name, which link can name once", () => {
    const shell = memoryShell();
    shell.mkdir("/tmp");
    const temporary = { read: true, write: true, temporary: true, mode: 0o600 };
    const result = shell.vfs.open(shell.context, undefined, "/tmp", temporary);
    result.file?.write(new TextEncoder().encode("hi"), 0);
    expect(shell.list("/tmp")).toEqual([".", ".."]);
    expect(result.inode.stat().nlink).toBe(0);
    if (result.location === undefined) throw new Error("no place");
    expect(shell.vfs.pathOf(result.location)).toMatch(/^\/tmp\/#\d+ \(deleted\)$/);
    shell.vfs.link(shell.context, result, undefined, "/tmp/named");
    expect(shell.read("/tmp/named")).toBe("hi");
    shell.unlink("/tmp/named");
    expect(outcome(() => shell.vfs.link(shell.context, result, undefined, "/tmp/again"))).toBe(
      "ENOENT",
    );
    const sealed = shell.vfs.open(shell.context, undefined, "/tmp", {
      ...temporary,
      exclusive: true,
    });
    expect(outcome(() => shell.vfs.link(shell.context, sealed, undefined, "/tmp/x"))).toBe(
      "ENOENT",
    );
  });

  it("keeps an unlinked file until the last close, and its space too", () => {
    const shell = memoryShell({ sizeBytes: 8192 });
    shell.write("/f", "contents");
    const file = shell.open("/f", { read: true, write: true });
    shell.unlink("/f");
    expect(readAll(file)).toBe("contents");
    expect(file.inode.stat().nlink).toBe(0);
    file.write(new Uint8Array(4096), 4096);
    expect(outcome(() => shell.write("/g", "x"))).toBe("ENOSPC");
    file.close();
    shell.write("/g", "x");
    expect(shell.read("/g")).toBe("x");
  });

  it("leaves FIFOs and sockets to the kernel, and refuses devices that aren't there", () => {
    const shell = memoryShell();
    shell.vfs.mknod(shell.context, undefined, "/fifo", "fifo", 0o644);
    shell.vfs.mknod(shell.context, undefined, "/device", "character", 0o644, 0x777);
    const fifo = shell.vfs.open(shell.context, undefined, "/fifo", { read: true });
    expect(fifo.file).toBeUndefined();
    expect(fifo.inode).toBe(shell.vfs.resolve(shell.context, undefined, "/fifo").inode);
    expect(outcome(() => shell.open("/device"))).toBe("ENXIO");
  });
});
