/** A hostile guest, and hostile processes beside it, don't reach what wasn't lent. */
import { execFileSync, spawn } from "node:child_process";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HostDirectory } from "../vfs/host/driver.ts";
import { HostFileSystem } from "../vfs/host/file-system.ts";
import { outcome, readAll, Shell } from "../vfs/test-support.ts";
import { CheckedDirectory } from "./checked-directory.ts";
import { DescriptorDirectory } from "./descriptor-directory.ts";
import { openHostDirectory } from "./host-directory.ts";

const drivers: [name: string, openRoot: (path: string) => HostDirectory][] = [
  ["checked paths", (path) => CheckedDirectory.openRoot(path)],
];
if (DescriptorDirectory.isAvailable()) {
  drivers.push(["descriptors", (path) => DescriptorDirectory.openRoot(path)]);
}

describe.each(drivers)("a directory lent through %s", (_, openRoot) => {
  let base: string;
  let lent: string;
  let outside: string;
  let shell: Shell;
  let fileSystem: HostFileSystem;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "isovm-confinement-"));
    lent = join(base, "lent");
    outside = join(base, "outside");
    mkdirSync(join(lent, "d"), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(lent, "d", "f"), "inside");
    writeFileSync(join(outside, "f"), "secret");
    fileSystem = new HostFileSystem({ directory: openRoot(lent) });
    shell = new Shell(fileSystem);
  });

  afterEach(() => {
    fileSystem.close();
    rmSync(base, { recursive: true, force: true });
  });

  it("resolves symlinks in the guest's name space, whoever made them", () => {
    symlinkSync(join(outside, "f"), join(lent, "absolute"));
    symlinkSync("../outside/f", join(lent, "relative"));
    symlinkSync("/proc/self/root/etc/passwd", join(lent, "magic"));
    symlinkSync("/", join(lent, "slash"));
    shell.symlink(outside, "/made");
    for (const path of ["/absolute", "/relative", "/magic", "/made/f", "/d/../../outside/f"]) {
      expect(outcome(() => shell.read(path))).toBe("ENOENT");
      expect(outcome(() => shell.stat(path))).toBe("ENOENT");
    }
    expect(shell.read("/slash/d/f")).toBe("inside");
    expect(shell.read("/slash/../../slash/d/f")).toBe("inside");
    expect(outcome(() => shell.write("/absolute", "overwritten"))).toBe("ENOENT");
    expect(outcome(() => shell.write("/relative", "overwritten"))).toBe("ENOENT");
    expect(readFileSync(join(outside, "f"), "utf8")).toBe("secret");
  });

  it("takes single names only, even past the VFS", () => {
    const hostile = ["../outside", "d/f", "..", ".", "", "/", "d/../../outside/f", "f\0"];
    for (const name of hostile) {
      expect(outcome(() => fileSystem.root.lookup(name))).toBe("EINVAL");
      expect(outcome(() => fileSystem.root.unlink(name))).toBe("EINVAL");
    }
    expect(outcome(() => shell.read("/d/f\0"))).toBe("EINVAL");
  });

  it("doesn't open a symlink that replaced the file after it was looked up", () => {
    const { inode } = shell.vfs.resolve(shell.context, undefined, "/d/f");
    unlinkSync(join(lent, "d", "f"));
    symlinkSync(join(outside, "f"), join(lent, "d", "f"));
    expect(outcome(() => inode.open({ read: true, write: true }))).toBe("ESTALE");
    expect(outcome(() => inode.truncate(0))).toBe("ESTALE");
    expect(outcome(() => inode.setAttributes({ mode: 0o777 }))).toBe("ESTALE");
    expect(outcome(() => shell.read("/d/f"))).toBe("ENOENT");
    expect(readFileSync(join(outside, "f"), "utf8")).toBe("secret");
    expect(statSync(join(outside, "f")).mode & 0o777).not.toBe(0o777);
  });

  it("doesn't open another file that took the name, either", () => {
    const { inode } = shell.vfs.resolve(shell.context, undefined, "/d/f");
    linkSync(join(outside, "f"), join(lent, "d", "new"));
    renameSync(join(lent, "d", "new"), join(lent, "d", "f"));
    expect(outcome(() => inode.open({ read: true, write: false }))).toBe("ESTALE");
    // Looked up anew it is a file of the lent directory: a hard link is the host's own doing.
    expect(shell.read("/d/f")).toBe("secret");
  });

  it("doesn't enter a symlink that replaced a directory it stands in", () => {
    const { location } = shell.vfs.resolve(shell.context, undefined, "/d");
    // So that it is held open.
    expect(shell.read("/d/f")).toBe("inside");
    renameSync(join(lent, "d"), join(lent, "moved"));
    symlinkSync(outside, join(lent, "d"));
    const read = (): unknown =>
      outcome(() => {
        const { file } = shell.vfs.open(shell.context, location, "f", { read: true });
        const contents = file === undefined ? "" : readAll(file);
        file?.close();
        return contents;
      });
    expect(["inside", "ESTALE"]).toContain(read());
    // Once more when the directory isn't held open any longer, but has to be found by its name.
    for (let index = 0; index < 80; index += 1) {
      shell.mkdir(`/m${index}`);
      shell.list(`/m${index}`);
    }
    expect(["inside", "ESTALE"]).toContain(read());
    const create = { write: true, create: true, mode: 0o644 };
    outcome(() => shell.vfs.open(shell.context, location, "new", create).file?.close());
    expect(outcome(() => shell.list("/d"))).toBe("ENOENT");
    expect(lstatSync(join(outside, "new"), { throwIfNoEntry: false })).toBeUndefined();
  });

  it.runIf(process.platform === "linux")(
    "opens no FIFO, socket or device of the host",
    async () => {
      const command = "mkfifo";
      execFileSync(command, [join(lent, "fifo")]);
      const server = createServer();
      await new Promise<void>((done) => server.listen(join(lent, "socket"), done));
      const root = fileSystem.root;
      for (const name of ["fifo", "socket"]) {
        const inode = root.lookup(name);
        expect(outcome(() => inode?.open({ read: true, write: true }))).toBe("ENXIO");
        expect(outcome(() => inode?.setAttributes({ mode: 0o777 }))).toBe("EPERM");
      }
      await new Promise((done) => server.close(done));
      const devices = new HostFileSystem({ directory: openRoot("/dev") });
      const zero = devices.root.lookup("zero");
      expect(zero?.kind).toBe("character");
      expect(outcome(() => zero?.open({ read: true, write: false }))).toBe("EACCES");
      devices.close();
    },
  );

  it("leaves no set-user-id programs and no devices on the host", () => {
    const file = shell.open("/suid", { write: true, create: true, mode: 0o6755 });
    file.close();
    const found = shell.vfs.resolve(shell.context, undefined, "/suid");
    shell.vfs.chmod(shell.context, found, 0o6777);
    expect(statSync(join(lent, "suid")).mode & 0o7777).toBe(0o777);
    for (const kind of ["character", "block", "fifo", "socket"] as const) {
      const make = (): unknown => shell.vfs.mknod(shell.context, undefined, "/node", kind, 0o666);
      expect(outcome(make)).toBe("EPERM");
    }
  });

  it("that is a single file shows nothing beside it", () => {
    writeFileSync(join(lent, "other"), "other");
    const single = new HostFileSystem({ directory: openRoot(lent), file: "other" });
    const tree = new Shell(fileSystem);
    tree.vfs.mount("/d/f", single, { readOnly: true });
    expect(tree.read("/d/f")).toBe("other");
    expect(outcome(() => tree.stat("/d/f/.."))).toBe("ENOTDIR");
    expect(outcome(() => tree.write("/d/f", ""))).toBe("EROFS");
    symlinkSync(join(outside, "f"), join(lent, "link"));
    expect(
      outcome(() => new HostFileSystem({ directory: openRoot(lent), file: "link" }).root),
    ).toBe("EACCES");
    single.close();
  });
});

describe.runIf(DescriptorDirectory.isAvailable())("on Linux", () => {
  it("/proc of the host is no way out", () => {
    const shell = new Shell(openHostDirectory("/proc", { readOnly: true }));
    const pid = String(process.pid);
    for (const path of ["self/root/etc/passwd", "self/cwd/package.json", `${pid}/root/bin/sh`]) {
      expect(outcome(() => shell.read(`/${path}`))).toBe("ENOENT");
    }
    const place = shell.stat("/self/fd/../root", false);
    expect(place.mode & 0o170000).toBe(0o120000);
  });

  it("a process that exchanges a directory for a symlink all the time gains nothing", {
    timeout: 30_000,
  }, async () => {
    const base = mkdtempSync(join(tmpdir(), "isovm-race-"));
    mkdirSync(join(base, "lent", "d"), { recursive: true });
    mkdirSync(join(base, "outside"));
    writeFileSync(join(base, "lent", "d", "f"), "inside");
    writeFileSync(join(base, "outside", "f"), "secret");
    symlinkSync("../outside", join(base, "lent", "s"));
    const program = `
      const { renameSync } = require("node:fs");
      const end = Date.now() + 3000;
      process.stdout.write("started");
      while (Date.now() < end) {
        renameSync("d", "t"); renameSync("s", "d"); renameSync("d", "s"); renameSync("t", "d");
      }`;
    const child = spawn(process.execPath, ["-e", program], { cwd: join(base, "lent") });
    const exited = new Promise((done) => child.once("exit", done));
    await new Promise((done) => child.stdout.once("data", done));
    const fileSystem = openHostDirectory(join(base, "lent"));
    const shell = new Shell(fileSystem);
    const seen = new Set<unknown>();
    const end = Date.now() + 2000;
    while (Date.now() < end) {
      seen.add(outcome(() => shell.read("/d/f")));
      seen.add(outcome(() => shell.write("/d/f", "inside")));
      seen.add(
        outcome(() =>
          shell.vfs.chmod(
            shell.context,
            shell.vfs.resolve(shell.context, undefined, "/d/f"),
            0o600,
          ),
        ),
      );
    }
    child.kill();
    await exited;
    fileSystem.close();
    expect(readFileSync(join(base, "outside", "f"), "utf8")).toBe("secret");
    expect(statSync(join(base, "outside", "f")).mode & 0o777).not.toBe(0o600);
    expect(seen).toContain("inside");
    // The race was really run: at times there was a symlink, which leads nowhere in the guest.
    expect(seen).toContain("ENOENT");
    expect(seen).not.toContain("secret");
    rmSync(base, { recursive: true, force: true });
  });
});
