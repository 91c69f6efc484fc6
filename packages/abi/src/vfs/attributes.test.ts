import { describe, expect, it } from "vitest";
import { memoryShell, outcome, root, type Shell, user } from "./test-support.ts";

function shellWithFiles(): Shell {
  const shell = memoryShell({ mode: 0o777 });
  shell.write("/roots", "x", 0o666);
  shell.as(user);
  shell.write("/mine", "x", 0o644);
  return shell;
}

const found = (shell: Shell, path: string): ReturnType<Shell["vfs"]["resolve"]> =>
  shell.vfs.resolve(shell.context, undefined, path, { follow: false });

describe("attributes", () => {
  it("are changed by owners and root", () => {
    const shell = shellWithFiles();
    const { vfs } = shell;
    vfs.chmod(shell.context, found(shell, "/mine"), 0o4755);
    expect(shell.stat("/mine").mode).toBe(0o104755);
    expect(outcome(() => vfs.chmod(shell.context, found(shell, "/roots"), 0))).toBe("EPERM");
    expect(outcome(() => vfs.chown(shell.context, found(shell, "/mine"), 0, undefined))).toBe(
      "EPERM",
    );
    expect(outcome(() => vfs.chown(shell.context, found(shell, "/mine"), undefined, 3000))).toBe(
      "EPERM",
    );
    vfs.chown(shell.context, found(shell, "/mine"), undefined, 2000);
    // A change of owner takes the set-user-id bit away.
    expect(shell.stat("/mine")).toMatchObject({ gid: 2000, mode: 0o100755 });
  });

  it("lose the set-group-id bit when set by a stranger to the group", () => {
    const shell = shellWithFiles();
    shell.as(root);
    shell.vfs.chown(shell.context, found(shell, "/mine"), undefined, 3000);
    shell.as(user);
    shell.vfs.chmod(shell.context, found(shell, "/mine"), 0o2755);
    expect(shell.stat("/mine").mode).toBe(0o100755);
  });

  it("of time: any by the owner, the present by whoever may write", () => {
    const shell = shellWithFiles();
    const { vfs } = shell;
    vfs.setTimes(shell.context, found(shell, "/mine"), 5n, "omit");
    expect(shell.stat("/mine").atimeNanos).toBe(5n);
    expect(outcome(() => vfs.setTimes(shell.context, found(shell, "/roots"), 5n, 5n))).toBe(
      "EPERM",
    );
    expect(outcome(() => vfs.setTimes(shell.context, found(shell, "/roots"), "now", "now"))).toBe(
      "EACCES",
    );
    shell.as(root);
    vfs.chmod(shell.context, found(shell, "/roots"), 0o666);
    shell.as(user);
    vfs.setTimes(shell.context, found(shell, "/roots"), "now", "now");
  });
});

describe("permissions", () => {
  it("of owner, group and others are exclusive, and root passes but for execution", () => {
    const shell = memoryShell({ mode: 0o777 });
    shell.write("/f", "", 0o644);
    const { vfs } = shell;
    const demand = (rights: Parameters<typeof vfs.demandAccess>[2]): unknown =>
      outcome(() => vfs.demandAccess(shell.context, found(shell, "/f"), rights));
    vfs.chown(shell.context, found(shell, "/f"), 1000, 2000);
    vfs.chmod(shell.context, found(shell, "/f"), 0o006);
    expect(demand({ read: true, write: true })).toBeUndefined();
    expect(demand({ execute: true })).toBe("EACCES");
    vfs.chmod(shell.context, found(shell, "/f"), 0o067);
    expect(demand({ execute: true })).toBeUndefined();
    shell.as(user);
    expect(demand({ read: true })).toBe("EACCES");
    shell.as({ uid: 5, gid: 5, groups: [2000] });
    expect(demand({ read: true, write: true })).toBeUndefined();
    expect(demand({ execute: true })).toBe("EACCES");
    shell.as({ uid: 5, gid: 5, groups: [] });
    expect(demand({ execute: true })).toBeUndefined();
  });

  it("of symlinks can't be changed", () => {
    const shell = memoryShell();
    shell.symlink("x", "/l");
    expect(outcome(() => shell.vfs.chmod(shell.context, found(shell, "/l"), 0))).toBe("EOPNOTSUPP");
    expect(shell.stat("/l", false).mode).toBe(0o120777);
  });
});
