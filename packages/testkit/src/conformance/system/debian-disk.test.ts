/**
 * A whole Debian system on a drive, from systemd to a login and back: minutes, so only where
 * `ISOVM_LONG` asks for it.
 */
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasDebian } from "../../debian/index.ts";
import { type BootProcess, IsovmCommand } from "./boot-process.ts";
import { makeDebianGuest } from "./debian-guest.ts";

const minutes = 60_000;
const isAsked = process.env.ISOVM_LONG === "1";
const prompt = "root@debian:~# ";

async function logIn(machine: BootProcess): Promise<void> {
  await machine.expect("debian login: ");
  machine.type("root");
  await machine.expect(prompt);
}

/** What a command writes. */
async function answer(machine: BootProcess, command: string): Promise<string> {
  machine.type(`${command}; echo "[$?]"`);
  // The echo of the line.
  await machine.expect('"\n');
  return machine.expect(prompt);
}

describe.skipIf(!isAsked || !hasDebian())("Debian on a drive", { timeout: 20 * minutes }, () => {
  let isovm: IsovmCommand;
  beforeAll(async () => {
    isovm = new IsovmCommand();
    await makeDebianGuest(isovm.file("guest"));
  }, 30 * minutes);
  afterAll(() => isovm.remove());

  const guest = (name: string): string => isovm.file(`guest/${name}`);
  const boot = (access: string, more: readonly string[] = []): BootProcess =>
    isovm.boot([
      ...["--store", "off", "--kernel", guest("kernel"), "--initrd", guest("initrd-disk")],
      ...["--append", "console=ttyS0 root=/dev/vda", "--drive", `${guest("disk.raw")}${access}`],
      ...more,
    ]);
  const poweredOff = { code: 0, signal: null };

  it.each([
    ["isovm's own SBI", []],
    ["OpenSBI", ["firmware"]],
    ["OpenSBI, on two harts", ["firmware"], "2"],
  ])("keeps files when it is restarted, under %s", async (_name, bios, harts = "1") => {
    const firmware = bios.flatMap((name) => ["--bios", guest(name)]);
    const machine = boot("", [...firmware, "--harts", harts]);
    await logIn(machine);
    expect(await answer(machine, "rm -f letter; systemctl is-system-running")).toContain("running");
    expect(await answer(machine, "dpkg --audit && stat -c %U:%G /usr/bin/chage")).toContain(
      "root:shadow\n[0]",
    );
    expect(await answer(machine, "seq 100000 >letter; sync")).toContain("[0]");
    machine.type("reboot");
    await logIn(machine);
    expect(await answer(machine, "seq 100000 | cmp - letter")).toContain("[0]");
    machine.type("poweroff");
    expect(await machine.ended).toEqual(poweredOff);
  });

  it("starts from a drive that can only be read", async () => {
    const machine = boot(",ro");
    await logIn(machine);
    expect(await answer(machine, "touch letter")).toContain("Read-only file system\n[1]");
    machine.type("poweroff");
    expect(await machine.ended).toEqual(poweredOff);
  });

  it("forgets what was written over a drive with an overlay", async () => {
    const first = boot(",overlay");
    await logIn(first);
    expect(await answer(first, "echo over >forgotten; sync")).toContain("[0]");
    first.type("poweroff");
    expect(await first.ended).toEqual(poweredOff);
    const second = boot(",overlay");
    await logIn(second);
    expect(await answer(second, "cat forgotten")).toContain("No such file or directory\n[1]");
    await second.kill();
  });
});
