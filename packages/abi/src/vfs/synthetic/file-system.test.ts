import { describe, expect, it } from "vitest";
import { memoryShell, outcome, readAll, type Shell, tickingClock } from "../test-support.ts";
import type { Location } from "../types.ts";
import { SyntheticFileSystem } from "./file-system.ts";
import {
  fixedDirectory,
  liveDirectory,
  magicLink,
  mergedDirectory,
  type SyntheticDirectory,
  textFile,
  textLink,
} from "./tree.ts";

function shellWithProc(root: SyntheticDirectory, shell: Shell = memoryShell()): Shell {
  shell.vfs.mount("/proc", new SyntheticFileSystem({ root, clock: tickingClock() }));
  return shell;
}

describe("a generated file", () => {
  it("is made anew when it is read from the beginning, and only then", () => {
    let count = 0;
    const counter = textFile(() => {
      count += 1;
      return `${count}: a line\n`;
    });
    const shell = shellWithProc(fixedDirectory({ counter }));
    const file = shell.open("/proc/counter");
    expect(readAll(file)).toBe("1: a line\n");
    expect(readAll(file)).toBe("2: a line\n");
    expect(shell.stat("/proc/counter")).toMatchObject({ mode: 0o100444, sizeBytes: 0 });
  });

  it("takes writes only if it says so", () => {
    const written: string[] = [];
    const setting = textFile(() => "0\n", {
      mode: 0o644,
      write: (bytes) => void written.push(new TextDecoder().decode(bytes)),
    });
    const fixed = textFile(() => "1\n", { mode: 0o644 });
    const shell = shellWithProc(fixedDirectory({ setting, fixed }));
    shell.write("/proc/setting", "7");
    expect(written).toEqual(["7"]);
    expect(outcome(() => shell.write("/proc/fixed", "7"))).toBe("EACCES");
    expect(outcome(() => shell.write("/proc/new", ""))).toBe("EPERM");
    expect(outcome(() => shell.unlink("/proc/fixed"))).toBe("EPERM");
    expect(outcome(() => shell.mkdir("/proc/d"))).toBe("EPERM");
  });
});

describe("a generated directory", () => {
  const processes = new Map<number, object>();
  const directory = mergedDirectory([
    fixedDirectory({ version: textFile(() => "v"), self: textLink(() => "42") }),
    liveDirectory(
      () => Array.from(processes.keys(), String),
      (name) => {
        const process = processes.get(Number(name));
        if (process === undefined) return undefined;
        return fixedDirectory({ stat: textFile(() => name) }, { identity: process });
      },
    ),
  ]);

  it("shows what there is now, and tells an old process from a new one of its number", () => {
    processes.clear();
    processes.set(42, {});
    const shell = shellWithProc(directory);
    expect(shell.list("/proc")).toEqual([".", "..", "42", "self", "version"]);
    expect(shell.read("/proc/self/stat")).toBe("42");
    const inode = (): unknown => shell.vfs.resolve(shell.context, undefined, "/proc/42").inode;
    const first = inode();
    expect(inode()).toBe(first);
    processes.set(42, {});
    expect(inode()).not.toBe(first);
    processes.clear();
    expect(outcome(() => shell.stat("/proc/42"))).toBe("ENOENT");
  });

  it("goes on listing after the process at which it stopped has ended", () => {
    processes.clear();
    for (const pid of [10, 20, 30]) processes.set(pid, {});
    const shell = shellWithProc(directory);
    const file = shell.open("/proc", { read: true, directory: true });
    const all = [...file.readDirectory(0)];
    const at = all.find(({ name }) => name === "20")?.nextPosition ?? 0;
    processes.delete(10);
    processes.delete(20);
    expect([...file.readDirectory(at)].map(({ name }) => name)).toEqual(["30"]);
  });

  it("has the same inode numbers in every run", () => {
    const numbers = (): bigint[] => {
      const shell = shellWithProc(fixedDirectory({ a: textFile(() => ""), b: textFile(() => "") }));
      return [shell.stat("/proc/a").ino, shell.stat("/proc/b").ino];
    };
    expect(numbers()).toEqual(numbers());
    expect(new Set(numbers()).size).toBe(2);
  });
});

describe("a magic link", () => {
  it("leads to the place itself, whatever its text says", () => {
    const shell = memoryShell();
    shell.write("/f", "contents");
    let target: Location | undefined = shell.vfs.resolve(shell.context, undefined, "/f").location;
    const exe = magicLink(
      () => (target === undefined ? "" : shell.vfs.pathOf(target)),
      () => {
        if (target === undefined) throw new Error("no target");
        return { location: target };
      },
    );
    shellWithProc(fixedDirectory({ exe }), shell);
    shell.rename("/f", "/g");
    expect(shell.vfs.readlink(shell.context, undefined, "/proc/exe")).toBe("/g");
    const held = shell.open("/g");
    shell.unlink("/g");
    shell.write("/g (deleted)", "another");
    expect(shell.vfs.readlink(shell.context, undefined, "/proc/exe")).toBe("/g (deleted)");
    expect(shell.read("/proc/exe")).toBe("contents");
    shell.write("/proc/exe", "changed");
    expect(readAll(held)).toBe("changed");
    expect(outcome(() => shell.open("/proc/exe", { read: true, noFollow: true }))).toBe("ELOOP");
    target = shell.context.root;
    expect(shell.read("/proc/exe/g (deleted)")).toBe("another");
    target = undefined;
  });

  it("may lead to what has no place, and then nowhere further", () => {
    const shell = memoryShell();
    shell.vfs.mknod(shell.context, undefined, "/pipe", "fifo", 0o600);
    const { inode } = shell.vfs.resolve(shell.context, undefined, "/pipe");
    const fd = magicLink(
      () => "pipe:[1]",
      () => ({ inode }),
    );
    shellWithProc(fixedDirectory({ fd }), shell);
    const result = shell.vfs.open(shell.context, undefined, "/proc/fd", { read: true });
    expect(result).toMatchObject({ location: undefined, file: undefined });
    expect(result.inode).toBe(inode);
    expect(outcome(() => shell.stat("/proc/fd/x"))).toBe("ENOTDIR");
    expect(outcome(() => shell.stat("/proc/fd/.."))).toBe("ENOTDIR");
    expect(shell.stat("/proc/fd").mode).toBe(0o010600);
  });

  it("doesn't lead a process out of its root by way of its own entries", () => {
    const shell = memoryShell();
    shell.mkdir("/jail");
    shell.write("/secret", "secret");
    // What `/proc/self/root` and `/proc/self/cwd` are: places of the process that asks.
    const root = magicLink(
      () => "/",
      () => ({ location: shell.context.root }),
    );
    const cwd = magicLink(
      () => "/",
      () => ({ location: shell.context.workingDirectory }),
    );
    shellWithProc(fixedDirectory({ root, cwd }), shell);
    const proc = new SyntheticFileSystem({
      root: fixedDirectory({ root, cwd }),
      clock: tickingClock(),
    });
    shell.vfs.mount("/jail/proc", proc);
    shell.chroot("/jail");
    shell.chdir("/");
    for (const path of ["/proc/root/secret", "/proc/root/../secret", "/proc/cwd/../secret"]) {
      expect(outcome(() => shell.read(path))).toBe("ENOENT");
    }
  });

  it("counts against the limit of symlinks", () => {
    const shell = memoryShell();
    const loop = magicLink(
      () => "loop",
      () => ({ location: shell.context.root }),
    );
    shellWithProc(fixedDirectory({ loop }), shell);
    expect(outcome(() => shell.stat(`/${"proc/loop/".repeat(40)}`))).not.toBe("ELOOP");
    expect(outcome(() => shell.stat(`/${"proc/loop/".repeat(41)}`))).toBe("ELOOP");
  });
});
