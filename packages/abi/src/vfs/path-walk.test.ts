import { describe, expect, it } from "vitest";
import { MemoryFileSystem } from "./memory/file-system.ts";
import { memoryShell, outcome, tickingClock, user } from "./test-support.ts";

describe("path resolution", () => {
  it("refuses the empty path, unless the start itself is meant", () => {
    const shell = memoryShell();
    expect(outcome(() => shell.stat(""))).toBe("ENOENT");
    const found = shell.vfs.resolve(shell.context, undefined, "", { allowEmpty: true });
    expect(found.location).toEqual(shell.context.workingDirectory);
  });

  it("stays at the root on ..", () => {
    const shell = memoryShell();
    shell.mkdir("/a");
    expect(shell.stat("/../../a/../../..").ino).toBe(shell.stat("/").ino);
  });

  it("takes a trailing slash for a directory only, and follows a symlink for it", () => {
    const shell = memoryShell();
    shell.mkdir("/d");
    shell.write("/f", "");
    shell.symlink("d", "/ld");
    shell.symlink("f", "/lf");
    expect(shell.stat("/ld/", false).mode & 0o170000).toBe(0o040000);
    expect(outcome(() => shell.stat("/f/"))).toBe("ENOTDIR");
    expect(outcome(() => shell.stat("/lf/", false))).toBe("ENOTDIR");
    expect(outcome(() => shell.stat("/f/."))).toBe("ENOTDIR");
    expect(outcome(() => shell.stat("/f/.."))).toBe("ENOTDIR");
  });

  it("ends a symlink loop with ELOOP, and allows forty links", () => {
    const shell = memoryShell();
    shell.symlink("loop", "/loop");
    expect(outcome(() => shell.stat("/loop"))).toBe("ELOOP");
    expect(outcome(() => shell.stat("/loop/x"))).toBe("ELOOP");
    expect(shell.stat("/loop", false).sizeBytes).toBe(4);
    shell.write("/l0", "");
    for (let index = 1; index <= 41; index += 1) shell.symlink(`l${index - 1}`, `/l${index}`);
    expect(shell.stat("/l40").ino).toBe(shell.stat("/l0").ino);
    expect(outcome(() => shell.stat("/l41"))).toBe("ELOOP");
  });

  it("limits names to 255 bytes and paths to 4095", () => {
    const shell = memoryShell();
    shell.write(`/${"ä".repeat(127)}`, "");
    expect(outcome(() => shell.stat(`/${"ä".repeat(128)}`))).toBe("ENAMETOOLONG");
    expect(outcome(() => shell.stat(`/${"x".repeat(255)}`))).toBe("ENOENT");
    expect(outcome(() => shell.stat(`/${"x".repeat(256)}`))).toBe("ENAMETOOLONG");
    expect(shell.stat("/".repeat(4095)).ino).toBe(shell.stat("/").ino);
    expect(outcome(() => shell.stat("/".repeat(4096)))).toBe("ENAMETOOLONG");
  });

  it("restarts an absolute symlink at the process's root", () => {
    const shell = memoryShell();
    shell.mkdir("/jail");
    shell.write("/jail/inside", "in");
    shell.write("/outside", "out");
    shell.symlink("/inside", "/jail/link");
    shell.symlink("/outside", "/jail/escape");
    shell.symlink("../../../outside", "/jail/climb");
    shell.chroot("/jail");
    shell.chdir("/");
    expect(shell.read("link")).toBe("in");
    expect(outcome(() => shell.read("/escape"))).toBe("ENOENT");
    expect(outcome(() => shell.read("/climb"))).toBe("ENOENT");
    expect(outcome(() => shell.read("../outside"))).toBe("ENOENT");
  });

  it("needs search permission on every directory on the way", () => {
    const shell = memoryShell();
    shell.mkdir("/private", 0o700);
    shell.write("/private/f", "");
    shell.mkdir("/blind", 0o711);
    shell.write("/blind/f", "");
    shell.as(user);
    expect(outcome(() => shell.stat("/private/f"))).toBe("EACCES");
    expect(outcome(() => shell.stat("/private/.."))).toBe("EACCES");
    expect(shell.stat("/private/").nlink).toBe(2);
    expect(shell.stat("/blind/f").sizeBytes).toBe(0);
    expect(outcome(() => shell.list("/blind"))).toBe("EACCES");
  });

  it("takes a relative path from a directory that was renamed or removed meanwhile", () => {
    const shell = memoryShell();
    shell.mkdir("/a");
    shell.write("/a/f", "x");
    const { location } = shell.vfs.resolve(shell.context, undefined, "/a");
    shell.rename("/a", "/b");
    expect(shell.vfs.stat(shell.context, location, "f").sizeBytes).toBe(1);
    if (location !== undefined) expect(shell.vfs.pathOf(location)).toBe("/b");
    shell.chdir("/b");
    shell.unlink("f");
    shell.rmdir("/b");
    expect(outcome(() => shell.cwd())).toBe("ENOENT");
    expect(outcome(() => shell.write("new", ""))).toBe("ENOENT");
    expect(shell.stat("..").ino).toBe(shell.stat("/").ino);
  });
});

describe("mounts", () => {
  const other = (): MemoryFileSystem => new MemoryFileSystem({ clock: tickingClock() });

  it("are crossed on the way down and by ..", () => {
    const shell = memoryShell();
    shell.mkdir("/mnt");
    shell.write("/mnt/hidden", "");
    shell.vfs.mount("/mnt", other());
    expect(outcome(() => shell.stat("/mnt/hidden"))).toBe("ENOENT");
    shell.mkdir("/mnt/d");
    shell.chdir("/mnt/d");
    expect(shell.cwd()).toBe("/mnt/d");
    expect(shell.stat("../..").ino).toBe(shell.stat("/").ino);
    expect(shell.stat("/mnt").dev).not.toBe(shell.stat("/").dev);
  });

  it("are made where no directory is, without touching what is underneath", () => {
    const underneath = new MemoryFileSystem({ clock: tickingClock(), readOnly: true });
    const shell = memoryShell();
    shell.vfs.mount("/ro", underneath);
    shell.vfs.mount("/ro/a/b", other());
    shell.write("/ro/a/b/f", "x");
    expect(shell.read("/ro/a/b/f")).toBe("x");
    expect(shell.list("/ro")).toEqual([".", "..", "a"]);
    expect(shell.list("/ro/a")).toEqual([".", "..", "b"]);
    expect(underneath.root.lookup("a")).toBeUndefined();
    expect(shell.stat("/ro/a/b/../../..").ino).toBe(shell.stat("/").ino);
    expect(outcome(() => shell.rmdir("/ro/a"))).toBe("EROFS");
    expect(outcome(() => shell.write("/ro/a/f", ""))).toBe("EROFS");
  });

  it("can't be removed, renamed or linked across", () => {
    const shell = memoryShell();
    shell.mkdir("/mnt");
    shell.vfs.mount("/mnt", other());
    shell.write("/f", "");
    expect(outcome(() => shell.rmdir("/mnt"))).toBe("EBUSY");
    expect(outcome(() => shell.rename("/mnt", "/x"))).toBe("EBUSY");
    expect(outcome(() => shell.rename("/f", "/mnt/f"))).toBe("EXDEV");
    expect(outcome(() => shell.link("/f", "/mnt/f"))).toBe("EXDEV");
  });

  it("that are read-only refuse every change, but reading, and writing to devices", () => {
    const shell = memoryShell();
    const inner = other();
    inner.root.create("f", { kind: "file", mode: 0o666, uid: 0, gid: 0 });
    shell.vfs.mount("/ro", inner, { readOnly: true });
    const target = shell.vfs.resolve(shell.context, undefined, "/ro/f");
    const attempts = [
      () => shell.write("/ro/f", ""),
      () => shell.write("/ro/g", ""),
      () => shell.open("/ro/f", { read: true, truncate: true }),
      () => shell.mkdir("/ro/d"),
      () => shell.unlink("/ro/f"),
      () => shell.rename("/ro/f", "/ro/g"),
      () => shell.vfs.chmod(shell.context, target, 0),
      () => shell.vfs.chown(shell.context, target, 1, 1),
      () => shell.vfs.setTimes(shell.context, target, "now", "now"),
      () => shell.vfs.truncate(shell.context, target, 0),
      () => shell.vfs.demandAccess(shell.context, target, { write: true }),
    ];
    for (const attempt of attempts) expect(outcome(attempt)).toBe("EROFS");
    expect(outcome(() => shell.mkdir("/ro/f"))).toBe("EEXIST");
    expect(shell.read("/ro/f")).toBe("");
  });

  it("are shown with their paths, and unmounted when nothing is on top", () => {
    const shell = memoryShell();
    const outer = shell.vfs.mount("/a", other(), { source: "outer" });
    const inner = shell.vfs.mount("/a/b", other());
    expect(shell.vfs.mounts().map(({ source }) => source)).toEqual(["tmpfs", "outer", "tmpfs"]);
    expect(outcome(() => shell.vfs.unmount(outer))).toBe("EBUSY");
    shell.vfs.unmount(inner);
    shell.vfs.unmount(outer);
    expect(shell.vfs.mounts()).toHaveLength(1);
  });
});
