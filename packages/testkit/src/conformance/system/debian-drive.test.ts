/** What Debian's kernel keeps on drives, and what it is told when a drive can't. */
import { createHash } from "node:crypto";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasDebian } from "../../debian/index.ts";
import { type BootProcess, IsovmCommand } from "./boot-process.ts";
import { makeDebianGuest } from "./debian-guest.ts";
import { makeSmallDisk } from "./small-disk.ts";

describe.skipIf(!hasDebian())("a drive of Debian's kernel", { timeout: 300_000 }, () => {
  let isovm: IsovmCommand;
  beforeAll(async () => {
    isovm = new IsovmCommand();
    await makeDebianGuest(isovm.file("guest"), ["--no-disk"]);
  }, 600_000);
  afterAll(() => isovm.remove());

  const guest = (name: string): string => isovm.file(`guest/${name}`);
  const boot = (drives: readonly string[], more: readonly string[] = [], mostFileBytes?: number) =>
    isovm.boot(
      [
        ...["--store", "off", "--kernel", guest("kernel"), "--initrd", guest("initrd-disk")],
        ...["--append", "quiet console=ttyS0 root=/dev/vda", ...more],
        ...drives.flatMap((drive) => ["--drive", drive]),
      ],
      mostFileBytes,
    );
  const poweredOff = { code: 0, signal: null };
  const digest = (path: string): string =>
    createHash("sha256").update(readFileSync(path)).digest("hex");
  /** What was written behind the firmware's and the kernel's words. */
  const lines = ({ console }: BootProcess): string[] =>
    console.split("\n").filter((line) => /^(dd|sh|touch|\/sbin\/init|test)?: /.test(line));

  it.each([
    ["isovm's own SBI", false],
    ["OpenSBI", true],
  ])("holds after a restart what was written before, under %s", async (_name, hasFirmware) => {
    const disk = isovm.file("restarts.raw");
    await makeSmallDisk(
      disk,
      `echo "test: $(cat /starts 2>&1)"
      echo once >>/starts
      sync
      [ $(wc -l </starts) = 2 ] || reboot -f`,
    );
    const machine = boot([disk], hasFirmware ? ["--bios", guest("firmware")] : []);
    expect(await machine.ended).toEqual(poweredOff);
    expect(lines(machine)).toEqual([
      "test: cat: can't open '/starts': No such file or directory",
      "test: once",
    ]);
  });

  it("can be read only, or be written to for the time of the run", async () => {
    const disk = isovm.file("read.raw");
    await makeSmallDisk(
      disk,
      `dd if=/dev/zero of=/dev/vdb bs=512 count=1 2>&1
      touch /file 2>&1 && sync && echo "test: $(ls /file)"`,
    );
    const other = isovm.file("other.raw");
    writeFileSync(other, new Uint8Array(4096).fill(1));
    const before = [digest(disk), digest(other)];
    const readOnly = boot([`${disk},ro`, `${other},ro`]);
    const written = boot([`${disk},overlay`, `${other},overlay`]);
    expect([await readOnly.ended, await written.ended]).toEqual([poweredOff, poweredOff]);
    expect([digest(disk), digest(other)]).toEqual(before);
    expect(lines(readOnly)).toEqual([
      "dd: error writing '/dev/vdb': Operation not permitted",
      "touch: /file: Read-only file system",
    ]);
    expect(lines(written)).toEqual(["test: /file"]);
  });

  it("that is full is an error of the guest's, which goes on", async () => {
    const disk = isovm.file("full.raw");
    await makeSmallDisk(
      disk,
      `dd if=/dev/zero of=/file bs=1M 2>&1
      rm /file && echo "test: room" >/small && sync && cat /small
      dd if=/dev/zero of=/dev/vdb bs=1M count=20 conv=fsync 2>&1
      dd if=/dev/zero of=/dev/vdb bs=1M count=4 conv=fsync && echo "test: it goes on"`,
    );
    const sparse = isovm.file("sparse.raw");
    writeFileSync(sparse, "");
    truncateSync(sparse, 64 << 20);
    // As if the host's disk were full then.
    const machine = boot([disk, sparse], [], 16 << 20);
    expect(await machine.ended).toEqual(poweredOff);
    expect(lines(machine)).toEqual([
      "dd: error writing '/file': No space left on device",
      "test: room",
      "dd: /dev/vdb: Input/output error",
      "test: it goes on",
    ]);
    expect(machine.messages).toMatch(/^isovm: virtio1: .* no space left on the host; .*\n$/);
  });

  it("holds what was synced when the host's process is killed", async () => {
    const disk = isovm.file("killed.raw");
    await makeSmallDisk(
      disk,
      `[ -e /count ] && echo "test: $(cat /count)" && poweroff -f
      count=0
      while [ $count -lt 500 ]; do count=$((count + 1)); echo $count >/count; sync; echo "kept $count."; done`,
    );
    const killed = boot([disk]);
    await killed.expect("kept 5.");
    expect(await killed.kill()).toEqual({ code: null, signal: "SIGKILL" });
    // The last line may have been cut.
    const acknowledged = Number([...killed.console.matchAll(/kept (\d+)\./g)].at(-1)?.[1]);
    const next = boot([disk]);
    expect(await next.ended).toEqual(poweredOff);
    const [found] = lines(next);
    expect(Number(found?.replace("test: ", ""))).toBeGreaterThanOrEqual(acknowledged);
  });
});
