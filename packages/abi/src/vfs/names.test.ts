import { describe, expect, it } from "vitest";
import { memoryShell, outcome, type Shell, user } from "./test-support.ts";

function tree(): Shell {
  const shell = memoryShell();
  shell.mkdir("/d");
  shell.mkdir("/d/sub");
  shell.write("/d/sub/f", "inner");
  shell.mkdir("/empty");
  shell.write("/f", "f");
  shell.write("/g", "g");
  shell.symlink("d", "/link");
  return shell;
}

describe("rename", () => {
  const cases: readonly [from: string, to: string, expected: string][] = [
    ["/d", "/d/sub/x", "EINVAL"],
    ["/d", "/d/sub", "EINVAL"],
    ["/d/sub", "/d", "ENOTEMPTY"],
    ["/empty", "/d", "ENOTEMPTY"],
    ["/f", "/empty", "EISDIR"],
    ["/empty", "/f", "ENOTDIR"],
    ["/missing", "/x", "ENOENT"],
    ["/f", "/missing/x", "ENOENT"],
    ["/f", "/g/x", "ENOTDIR"],
    ["/f/", "/x", "ENOTDIR"],
    ["/f", "/x/", "ENOTDIR"],
    ["/link/", "/x", "ENOTDIR"],
    ["/d/.", "/x", "EBUSY"],
    ["/d/..", "/x", "EBUSY"],
    ["/", "/x", "EBUSY"],
    ["/f", "/", "EBUSY"],
  ];
  it.each(cases)("%s to %s is %s", (from, to, expected) => {
    expect(outcome(() => tree().rename(from, to))).toBe(expected);
  });

  it("replaces a file, and an empty directory by a directory", () => {
    const shell = tree();
    shell.rename("/f", "/g");
    expect(shell.read("/g")).toBe("f");
    shell.rename("/d", "/empty/");
    expect(shell.read("/empty/sub/f")).toBe("inner");
    expect(shell.stat("/").nlink).toBe(3);
  });

  it("of two names of one file does nothing", () => {
    const shell = tree();
    shell.link("/f", "/f2");
    shell.rename("/f", "/f2");
    expect(shell.stat("/f").nlink).toBe(2);
  });

  it("with RENAME_NOREPLACE and RENAME_EXCHANGE", () => {
    const shell = tree();
    expect(outcome(() => shell.rename("/f", "/g", "noreplace"))).toBe("EEXIST");
    expect(outcome(() => shell.rename("/f", "/x", "exchange"))).toBe("ENOENT");
    expect(outcome(() => shell.rename("/d", "/d/sub", "exchange"))).toBe("EINVAL");
    expect(outcome(() => shell.rename("/d/sub", "/d", "exchange"))).toBe("EINVAL");
    shell.chdir("/d/sub");
    shell.rename("/d/sub", "/f", "exchange");
    expect(shell.read("/d/sub")).toBe("f");
    expect(shell.cwd()).toBe("/f");
    expect([shell.stat("/").nlink, shell.stat("/d").nlink]).toEqual([5, 2]);
  });

  it("of a sticky directory's names is for their owners", () => {
    const shell = tree();
    shell.mkdir("/tmp");
    const target = shell.vfs.resolve(shell.context, undefined, "/tmp");
    shell.vfs.chmod(shell.context, target, 0o1777);
    shell.write("/tmp/roots", "");
    shell.as(user);
    shell.write("/tmp/mine", "");
    expect(outcome(() => shell.rename("/tmp/roots", "/tmp/x"))).toBe("EPERM");
    expect(outcome(() => shell.rename("/tmp/mine", "/tmp/roots"))).toBe("EPERM");
    expect(outcome(() => shell.unlink("/tmp/roots"))).toBe("EPERM");
    shell.rename("/tmp/mine", "/tmp/yours");
  });
});

describe("removal", () => {
  const removals: readonly [operation: "unlink" | "rmdir", path: string, expected: string][] = [
    ["unlink", "/d", "EISDIR"],
    ["unlink", "/f/", "ENOTDIR"],
    ["unlink", "/d/", "EISDIR"],
    ["unlink", "/link/", "ENOTDIR"],
    ["unlink", "/.", "EISDIR"],
    ["rmdir", "/d", "ENOTEMPTY"],
    ["rmdir", "/f", "ENOTDIR"],
    ["rmdir", "/link", "ENOTDIR"],
    ["rmdir", "/empty/.", "EINVAL"],
    ["rmdir", "/empty/..", "ENOTEMPTY"],
    ["rmdir", "/", "EBUSY"],
    ["unlink", "/missing", "ENOENT"],
  ];
  it.each(removals)("%s %s is %s", (operation, path, expected) => {
    expect(outcome(() => tree()[operation](path))).toBe(expected);
  });
});

describe("creation", () => {
  it("refuses names that exist and slashes after what is no directory", () => {
    const shell = tree();
    expect(outcome(() => shell.mkdir("/d/"))).toBe("EEXIST");
    expect(outcome(() => shell.mkdir("/d/."))).toBe("EEXIST");
    expect(outcome(() => shell.mkdir("/"))).toBe("EEXIST");
    expect(outcome(() => shell.mkdir("/link"))).toBe("EEXIST");
    expect(outcome(() => shell.symlink("x", "/new/"))).toBe("ENOENT");
    expect(outcome(() => shell.symlink("", "/new"))).toBe("ENOENT");
    expect(outcome(() => shell.link("/f", "/new/"))).toBe("ENOENT");
    expect(outcome(() => shell.link("/d", "/d2"))).toBe("EPERM");
    shell.mkdir("/new/");
    expect(shell.stat("/new").nlink).toBe(2);
  });

  it("lets only root make devices", () => {
    const shell = memoryShell({ mode: 0o777 });
    shell.as(user);
    const { vfs, context } = shell;
    expect(outcome(() => vfs.mknod(context, undefined, "/null", "character", 0o666, 259))).toBe(
      "EPERM",
    );
    vfs.mknod(context, undefined, "/fifo", "fifo", 0o666);
    expect(shell.stat("/fifo").mode).toBe(0o010644);
  });

  it("takes the group of a set-group-id directory", () => {
    const shell = memoryShell();
    shell.mkdir("/shared");
    const shared = shell.vfs.resolve(shell.context, undefined, "/shared");
    shell.vfs.chown(shell.context, shared, 0, 2000);
    shell.vfs.chmod(shell.context, shared, 0o2777);
    shell.as(user);
    shell.mkdir("/shared/d");
    expect(shell.stat("/shared/d")).toMatchObject({ gid: 2000, mode: 0o042755 });
  });
});
