/** Unpacks Debian packages without installing them: their scripts do not run. */
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./command.ts";

/**
 * Makes the directories of an empty root, with Debian's merged `/usr`: `/bin`, `/lib` and `/sbin`
 * are links into it.
 */
export async function makeRoot(root: string): Promise<void> {
  for (const name of ["bin", "lib", "sbin"]) {
    await mkdir(join(root, "usr", name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
  for (const name of ["dev", "etc", "home", "proc", "root", "run", "tmp", "var"]) {
    await mkdir(join(root, name), { recursive: true });
  }
}

/** Unpacks `.deb` files, one after the other, into `root`. */
export async function unpack(files: readonly string[], root: string): Promise<void> {
  for (const file of files) {
    const archive = `${root}.tar`;
    await runCommand(["sh", "-c", 'dpkg-deb --fsys-tarfile "$1" >"$2"', "sh", file, archive]);
    // A package may hold /lib as a directory, which must not replace the link to usr/lib.
    const flags = ["--keep-directory-symlink", "--no-same-owner"];
    await runCommand(["tar", "-x", ...flags, "-f", archive, "-C", root]);
    await rm(archive);
  }
}
