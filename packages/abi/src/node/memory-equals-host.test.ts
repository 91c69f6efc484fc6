/**
 * The in-memory file system behaves as the host's own does: random sequences of operations have the
 * same results and the same errnos on both, so each is the other's oracle.
 */
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import type { HostDirectory } from "../vfs/host/driver.ts";
import { HostFileSystem } from "../vfs/host/file-system.ts";
import { MemoryFileSystem } from "../vfs/memory/file-system.ts";
import { outcome, readAll, Shell, tickingClock } from "../vfs/test-support.ts";
import type { OpenFile } from "../vfs/types.ts";
import { CheckedDirectory } from "./checked-directory.ts";
import { DescriptorDirectory } from "./descriptor-directory.ts";
import { removeTree } from "./test-support.ts";

/** One side of the comparison: a shell, and files that are held open. */
interface Side {
  readonly shell: Shell;
  readonly files: (OpenFile | undefined)[];
}

/** An operation whose result is comparable data. */
interface Step {
  readonly text: string;
  readonly run: (side: Side) => unknown;
}

const component = fc.constantFrom("a", "b", "c", "a", "b", "c", ".", "..");
const path = fc
  .tuple(
    fc.constantFrom("/", "/", ""),
    fc.array(component, { minLength: 1, maxLength: 3 }),
    fc.constantFrom("", "", "", "", "/"),
  )
  .map(([start, parts, end]) => start + parts.join("/") + end);
const slot = fc.nat(2);
const position = fc.constantFrom(0, 1, 5, 4095, 4096, 9000);
const text = fc.constantFrom("", "x", "hello", "y".repeat(5000));
const mode = fc.constantFrom(0o644, 0o700, 0o755, 0o600, 0o777);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(path, text, mode).map(([at, contents, bits]) => ({
    text: `write ${at} ${contents.length} ${bits.toString(8)}`,
    run: ({ shell }: Side) => shell.write(at, contents, bits),
  })),
  path.map((at) => ({ text: `read ${at}`, run: ({ shell }: Side) => shell.read(at) })),
  path.map((at) => ({ text: `list ${at}`, run: ({ shell }: Side) => shell.list(at) })),
  fc.tuple(path, mode).map(([at, bits]) => ({
    text: `mkdir ${at}`,
    run: ({ shell }: Side) => shell.mkdir(at, bits),
  })),
  path.map((at) => ({ text: `unlink ${at}`, run: ({ shell }: Side) => shell.unlink(at) })),
  path.map((at) => ({ text: `rmdir ${at}`, run: ({ shell }: Side) => shell.rmdir(at) })),
  fc
    .tuple(path, path, fc.constantFrom("replace" as const, "noreplace" as const))
    .map(([from, to, how]) => ({
      text: `rename ${from} ${to} ${how}`,
      run: ({ shell }: Side) => shell.rename(from, to, how),
    })),
  fc.tuple(path, path).map(([from, to]) => ({
    text: `link ${from} ${to}`,
    run: ({ shell }: Side) => shell.link(from, to),
  })),
  fc.tuple(path, path).map(([to, at]) => ({
    text: `symlink ${to} ${at}`,
    run: ({ shell }: Side) => shell.symlink(to, at),
  })),
  fc.tuple(path, fc.boolean()).map(([at, follow]) => ({
    text: `stat ${at} ${follow}`,
    run: ({ shell }: Side) => comparable(shell.stat(at, follow)),
  })),
  path.map((at) => ({
    text: `readlink ${at}`,
    run: ({ shell }: Side) => shell.vfs.readlink(shell.context, undefined, at),
  })),
  fc.tuple(path, mode).map(([at, bits]) => ({
    text: `chmod ${at} ${bits.toString(8)}`,
    run: ({ shell }: Side) => {
      const found = shell.vfs.resolve(shell.context, undefined, at);
      shell.vfs.chmod(shell.context, found, bits);
    },
  })),
  fc.tuple(path, position).map(([at, size]) => ({
    text: `truncate ${at} ${size}`,
    run: ({ shell }: Side) => {
      const found = shell.vfs.resolve(shell.context, undefined, at);
      shell.vfs.truncate(shell.context, found, size);
    },
  })),
  path.map((at) => ({
    text: `chdir ${at}`,
    run: ({ shell }: Side) => {
      shell.chdir(at);
      return shell.cwd();
    },
  })),
  fc.constant({ text: "cwd", run: ({ shell }: Side) => shell.cwd() }),
  fc
    .tuple(slot, path, fc.boolean(), fc.boolean(), fc.boolean())
    .map(([index, at, create, exclusive, noFollow]) => ({
      text: `open ${index} ${at} ${create} ${exclusive} ${noFollow}`,
      run: ({ shell, files }: Side) => {
        const options = { read: true, write: true, create, exclusive, noFollow, mode: 0o644 };
        const file = shell.open(at, options);
        files[index]?.close();
        files[index] = file;
      },
    })),
  fc.tuple(slot, position, text).map(([index, at, contents]) => ({
    text: `write open ${index} ${at} ${contents.length}`,
    run: ({ files }: Side) => files[index]?.write(new TextEncoder().encode(contents), at),
  })),
  fc.tuple(slot, text).map(([index, contents]) => ({
    text: `append open ${index} ${contents.length}`,
    run: ({ files }: Side) => files[index]?.append(new TextEncoder().encode(contents)),
  })),
  fc.tuple(slot, position).map(([index, size]) => ({
    text: `truncate open ${index} ${size}`,
    run: ({ files }: Side) => files[index]?.truncate(size),
  })),
  slot.map((index) => ({
    text: `examine open ${index}`,
    run: ({ files }: Side) => {
      const file = files[index];
      if (file === undefined) return undefined;
      return [comparable(file.inode.stat()), file.size(), readAll(file)];
    },
  })),
);

/** The attributes that don't depend on how a file system stores things. */
function comparable(stat: ReturnType<Shell["stat"]>): unknown {
  const isDirectory = (stat.mode & 0o170000) === 0o040000;
  const { mode: bits, nlink, sizeBytes } = stat;
  return isDirectory ? { bits } : { bits, nlink, sizeBytes };
}

/** Something to find: most random paths would lead nowhere in an empty tree. */
function furnish(shell: Shell): void {
  shell.mkdir("/a");
  shell.mkdir("/a/b");
  shell.write("/a/b/c", "deep");
  shell.write("/b", "contents");
  shell.link("/b", "/a/a");
  shell.symlink("a/b", "/c");
}

function compare(openRoot: (path: string) => HostDirectory, steps: readonly Step[]): void {
  const directory = mkdtempSync(join(tmpdir(), "isovm-vfs-"));
  chmodSync(directory, 0o755);
  const host = new HostFileSystem({ directory: openRoot(directory) });
  try {
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: [] };
    const memory = new MemoryFileSystem({ clock: tickingClock() });
    memory.root.setAttributes(owner);
    const left: Side = { shell: new Shell(memory, owner), files: [] };
    const right: Side = { shell: new Shell(host, owner), files: [] };
    for (const { shell } of [left, right]) furnish(shell);
    for (const [index, { text: name, run }] of steps.entries()) {
      const expected = JSON.stringify(outcome(() => run(left)));
      const actual = JSON.stringify(outcome(() => run(right)));
      if (expected !== actual) {
        const history = steps.slice(0, index + 1).map(({ text: line }) => line);
        throw new Error(
          `${name}: memory ${expected}, host ${actual}, after\n${history.join("\n")}`,
        );
      }
    }
    for (const { files } of [left, right]) for (const file of files) file?.close();
  } finally {
    host.close();
    removeTree(directory);
  }
}

describe("the in-memory file system", () => {
  const steps = fc.array(step, { minLength: 5, maxLength: 60, size: "max" });

  it.runIf(DescriptorDirectory.isAvailable())(
    "gives the same results as a directory of the host",
    { timeout: 120_000 },
    () => {
      const openRoot = (path: string): HostDirectory => DescriptorDirectory.openRoot(path);
      const property = fc.property(steps, (some) => compare(openRoot, some));
      fc.assert(property, { numRuns: 300 });
    },
  );

  it("gives the same results as one behind checked paths", { timeout: 120_000 }, () => {
    const openRoot = (path: string): HostDirectory => CheckedDirectory.openRoot(path);
    // A path is checked from the host's root on, which takes the right to search all of it: a
    // directory that the guest stands in and has closed to itself is lost here.
    const closes = /^(chmod|mkdir) .* 6\d\d$/;
    const some = steps.map((all) => all.filter(({ text: name }) => !closes.test(name)));
    const property = fc.property(some, (all) => compare(openRoot, all));
    fc.assert(property, { numRuns: 100 });
  });
});
