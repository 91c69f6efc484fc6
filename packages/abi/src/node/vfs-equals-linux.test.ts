/**
 * Path resolution, opening and naming behave as Linux itself: random system calls have the same
 * results and errnos when the host's kernel walks the path and when the VFS does.
 *
 * Paths without `..` only, since the host has no root where the guest's is.
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import { MemoryFileSystem } from "../vfs/memory/file-system.ts";
import { outcome, Shell, tickingClock } from "../vfs/test-support.ts";
import type { OpenOptions } from "../vfs/types.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } =
  fs.constants;

/** One system call, as the VFS does it and as the host's kernel does. */
interface Call {
  readonly text: string;
  readonly guest: (shell: Shell) => unknown;
  readonly host: (root: string) => unknown;
}

const names = fc.constantFrom("a", "b", "c", "d", "link", "loop", "dangling", ".");
const path = fc
  .tuple(
    fc.array(names, { minLength: 1, maxLength: 3 }),
    fc.constantFrom("", "", "", "/", "//", "/."),
  )
  .map(([parts, end]) => parts.join("/") + end);

const access = fc.constantFrom(
  { flags: O_RDONLY, options: { read: true } },
  { flags: O_WRONLY, options: { write: true } },
  { flags: O_RDWR, options: { read: true, write: true } },
);
const flag = (bit: number, name: keyof OpenOptions): fc.Arbitrary<[number, OpenOptions]> =>
  fc.constantFrom([0, {}], [0, {}], [bit, { [name]: true }]);

const open: fc.Arbitrary<Call> = fc
  .tuple(
    path,
    access,
    flag(O_CREAT, "create"),
    flag(O_EXCL, "exclusive"),
    flag(O_TRUNC, "truncate"),
    flag(O_DIRECTORY, "directory"),
    flag(O_NOFOLLOW, "noFollow"),
  )
  .map(([at, { flags, options }, ...more]) => {
    const bits = more.reduce((sum, [bit]) => sum | bit, flags);
    const all: OpenOptions = Object.assign({ mode: 0o644 }, options, ...more.map(([, one]) => one));
    return {
      text: `open ${at} ${JSON.stringify(all)}`,
      guest: (shell) => shell.open(at, all).close(),
      host: (root) => fs.closeSync(fs.openSync(`${root}/${at}`, bits, 0o644)),
    };
  });

const other: fc.Arbitrary<Call> = fc.oneof(
  path.map((at) => ({
    text: `stat ${at}`,
    guest: (shell: Shell) => kindAndLinks(shell.stat(at).mode, shell.stat(at).nlink),
    host: (root: string) => {
      const { mode, nlink } = fs.statSync(`${root}/${at}`);
      return kindAndLinks(mode, nlink);
    },
  })),
  path.map((at) => ({
    text: `lstat ${at}`,
    guest: (shell: Shell) => kindAndLinks(shell.stat(at, false).mode, shell.stat(at, false).nlink),
    host: (root: string) => {
      const { mode, nlink } = fs.lstatSync(`${root}/${at}`);
      return kindAndLinks(mode, nlink);
    },
  })),
  path.map((at) => ({
    text: `mkdir ${at}`,
    guest: (shell: Shell) => shell.mkdir(at),
    host: (root: string) => fs.mkdirSync(`${root}/${at}`, 0o755),
  })),
  path.map((at) => ({
    text: `unlink ${at}`,
    guest: (shell: Shell) => shell.unlink(at),
    host: (root: string) => fs.unlinkSync(`${root}/${at}`),
  })),
  path.map((at) => ({
    text: `rmdir ${at}`,
    guest: (shell: Shell) => shell.rmdir(at),
    host: (root: string) => fs.rmdirSync(`${root}/${at}`),
  })),
  path.map((at) => ({
    text: `truncate ${at}`,
    guest: (shell: Shell) =>
      shell.vfs.truncate(shell.context, shell.vfs.resolve(shell.context, undefined, at), 3),
    // Through truncate(2), which Node's function of that name doesn't call.
    host: (root: string) => {
      const descriptor = fs.openSync(`${root}/${at}`, O_WRONLY);
      fs.ftruncateSync(descriptor, 3);
      fs.closeSync(descriptor);
    },
  })),
  path.map((at) => ({
    text: `readlink ${at}`,
    guest: (shell: Shell) => shell.vfs.readlink(shell.context, undefined, at),
    host: (root: string) => fs.readlinkSync(`${root}/${at}`),
  })),
  fc.tuple(path, path).map(([from, to]) => ({
    text: `rename ${from} ${to}`,
    guest: (shell: Shell) => shell.rename(from, to),
    host: (root: string) => fs.renameSync(`${root}/${from}`, `${root}/${to}`),
  })),
  fc.tuple(path, path).map(([from, to]) => ({
    text: `link ${from} ${to}`,
    guest: (shell: Shell) => shell.link(from, to),
    host: (root: string) => fs.linkSync(`${root}/${from}`, `${root}/${to}`),
  })),
  fc.tuple(path, path).map(([target, at]) => ({
    text: `symlink ${target} ${at}`,
    guest: (shell: Shell) => shell.symlink(target, at),
    host: (root: string) => fs.symlinkSync(target, `${root}/${at}`),
  })),
);

/** Directories' link counts are left out: not every file system of a host keeps them. */
function kindAndLinks(mode: number, nlink: number): unknown {
  return (mode & 0o170000) === 0o040000 ? mode : [mode, nlink];
}

function hostOutcome(operation: () => unknown): unknown {
  try {
    return operation();
  } catch (error) {
    if (error instanceof Error && "code" in error) return error.code;
    throw error;
  }
}

function compare(calls: readonly Call[]): void {
  const directory = fs.mkdtempSync(join(tmpdir(), "isovm-linux-"));
  const umask = process.umask(0o022);
  try {
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: [] };
    const memory = new MemoryFileSystem({ clock: tickingClock(), mode: 0o700 });
    memory.root.setAttributes(owner);
    const shell = new Shell(memory, owner);
    shell.mkdir("/a");
    shell.write("/b", "contents");
    shell.symlink("a", "/link");
    shell.symlink("loop", "/loop");
    shell.symlink("a/nowhere", "/dangling");
    fs.mkdirSync(`${directory}/a`, 0o755);
    fs.writeFileSync(`${directory}/b`, "contents", { mode: 0o644 });
    fs.symlinkSync("a", `${directory}/link`);
    fs.symlinkSync("loop", `${directory}/loop`);
    fs.symlinkSync("a/nowhere", `${directory}/dangling`);
    for (const [index, call] of calls.entries()) {
      const actual = JSON.stringify(outcome(() => call.guest(shell)));
      const expected = JSON.stringify(hostOutcome(() => call.host(directory)));
      if (expected !== actual) {
        const history = calls.slice(0, index + 1).map(({ text }) => text);
        throw new Error(
          `${call.text}: Linux ${expected}, isovm ${actual}, after\n${history.join("\n")}`,
        );
      }
    }
  } finally {
    process.umask(umask);
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

describe.runIf(process.platform === "linux")("the virtual file system", () => {
  it("gives the same results as Linux", { timeout: 120_000 }, () => {
    const calls = fc.array(fc.oneof(open, other, other), {
      minLength: 5,
      maxLength: 50,
      size: "max",
    });
    fc.assert(fc.property(calls, compare), { numRuns: 300 });
  });
});
