/** A disk with as little as Linux starts from: busybox and one script, on ext4. */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { debianPackage } from "../../debian/index.ts";

/**
 * Makes the disk image. `init` is what the guest's first process executes, by busybox's shell; the
 * machine ends behind it.
 */
export async function makeSmallDisk(path: string, init: string): Promise<void> {
  const busybox = join(await debianPackage("busybox-static"), "usr/bin/busybox");
  const root = mkdtempSync(join(dirname(path), "root-"));
  for (const name of ["bin", "dev", "proc", "sbin", "sys"]) mkdirSync(join(root, name));
  cpSync(busybox, join(root, "bin/busybox"));
  writeFileSync(join(root, "sbin/init"), `#!/bin/busybox sh\n${init}\npoweroff -f\n`);
  chmodSync(join(root, "sbin/init"), 0o755);
  execFileSync("mkfs.ext4", ["-q", "-F", "-d", root, path, "16M"], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  rmSync(root, { recursive: true });
}
