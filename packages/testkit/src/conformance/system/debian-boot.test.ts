/** An unmodified Debian kernel boots, and all engines boot it alike. */
import { createHash } from "node:crypto";
import { interpreter } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { runSystem, type SystemEnd } from "@isovm/machine";
import { tiered } from "@isovm/translator";
import { beforeAll, describe, expect, it } from "vitest";
import { hasDebian } from "../../debian/index.ts";
import { bootDebian, debianGuestFiles, type Guest, type GuestFiles } from "./debian-guest.ts";

/** Translates by counts, never by time. */
const translator: EngineFactory = tiered(interpreter);
const fuel = 4e9;

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const run = (guest: Guest, most = fuel): Promise<SystemEnd> =>
  runSystem(guest.vm, { fuel: most, idle: "skip" });

/** What the shell's commands wrote. */
function written({ console }: Guest): string[] {
  const lines = console().split("\n");
  const start = lines.findIndex((line) => line.includes("Run /init as init process"));
  // The kernel writes between the lines of others.
  return lines.slice(start + 1).filter((line) => !/^\[ *\d+\.\d+\]/.test(line) && line !== "");
}

describe.skipIf(!hasDebian())("Debian for riscv64", { timeout: 600_000 }, () => {
  let files: GuestFiles;
  beforeAll(async () => {
    files = await debianGuestFiles();
  }, 600_000);

  it("boots under OpenSBI to a shell, and powers off, alike on all engines", async () => {
    const commands = "uname -sm; ls /proc/1/exe && cat /proc/uptime; sh -c 'exit 3'; echo $?";
    const guests = [interpreter, translator].map((engine) =>
      bootDebian({ files, engine, commands }),
    );
    const [first, second] = guests as [Guest, Guest];
    // Checkpoints from time to time: everything that a machine holds.
    for (let end: SystemEnd = { kind: "fuel" }; end.kind === "fuel"; ) {
      const ends = [await run(first, 3e8), await run(second, 3e8)] as const;
      end = ends[0];
      expect(ends[1]).toEqual(end);
      expect(second.vm.executed).toBe(first.vm.executed);
      expect(hash(second.vm.save())).toBe(hash(first.vm.save()));
      if (end.kind !== "fuel") expect(end).toEqual({ kind: "poweroff", code: 0 });
    }
    expect(second.events()).toEqual(first.events());
    expect(first.console()).toContain("OpenSBI v");
    const [name, exe, , three, status] = written(first);
    expect([name, exe, three, status]).toEqual([
      "Linux riscv64",
      "/proc/1/exe",
      "3",
      "isovm: status 0",
    ]);
  });

  it("boots under isovm's own SBI, and reads and writes a disk", async () => {
    const disk = new Uint8Array(2 ** 20);
    disk.set(new TextEncoder().encode("from the host"));
    const commands =
      "modprobe -a virtio_mmio virtio_blk; head -c 13 /dev/vda; echo; " +
      "echo from the guest | dd of=/dev/vda bs=512 seek=4 conv=sync 2>/dev/null; sync";
    const guest = bootDebian({ files, engine: translator, commands, builtInSbi: true, disk });
    expect(await run(guest)).toEqual({ kind: "poweroff", code: 0 });
    expect(written(guest)).toEqual(["from the host", "isovm: status 0"]);
    expect(new TextDecoder().decode(disk.subarray(2048, 2062))).toBe("from the guest");
  });

  it.each([
    ["OpenSBI", false],
    ["isovm's own SBI", true],
  ])("runs a load on four harts under %s", async (_name, builtInSbi) => {
    const commands =
      "for n in 1 2 3 4; do (i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; echo $i) & done; " +
      "wait; nproc; awk '/^cpu[0-9]/ { if ($2 + $4 > 0) busy++ } END { print busy }' /proc/stat";
    const guest = bootDebian({ files, engine: translator, commands, builtInSbi, harts: 4 });
    expect(await run(guest)).toEqual({ kind: "poweroff", code: 0 });
    expect(written(guest)).toEqual([..."3000 3000 3000 3000 4 4".split(" "), "isovm: status 0"]);
  });

  it("goes on from a snapshot as if nothing had been", async () => {
    const commands = "echo before; head -c 300000 /dev/urandom | sha256sum; echo after";
    const options = { files, engine: translator, commands, builtInSbi: true };
    const first = bootDebian(options);
    while (!first.console().includes("before\n")) await run(first, 1e7);
    const bytes = first.vm.save();
    const seen = first.events().length;
    const second = bootDebian(options);
    second.vm.restore(bytes);
    expect(await run(second)).toEqual(await run(first));
    expect(second.events()).toEqual(first.events().slice(seen));
    expect(hash(second.vm.save())).toBe(hash(first.vm.save()));
  });
});
