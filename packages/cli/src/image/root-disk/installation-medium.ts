/** What packages are installed from: one tar archive that a machine reads as its second drive. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { hostCommand } from "../host-command.ts";
import { installScript, medium } from "./install-script.ts";

/** The packages of a system, as paths of `.deb` files. */
export interface SystemPackages {
  /** Those that every system has, and what they depend on. */
  readonly first: readonly string[];
  /** The others, each behind what it depends on. */
  readonly others: readonly string[];
}

/** Makes the archive at `path`: the same bytes for the same packages. @throws CommandError */
export function makeMedium(packages: SystemPackages, path: string): void {
  const directory = `${path}.files`;
  for (const name of [medium.files, medium.packages]) {
    mkdirSync(join(directory, name), { recursive: true });
  }
  for (const [index, file] of unpackingOrder(packages.first).entries()) {
    const archive = join(directory, medium.files, String(index).padStart(4, "0"));
    writeFileSync(archive, hostCommand("dpkg-deb", ["--fsys-tarfile", file]));
  }
  for (const file of [...packages.first, ...packages.others]) {
    copyFileSync(file, join(directory, medium.packages, basename(file)));
  }
  const names = (files: readonly string[]): string =>
    files.map((file) => `${basename(file)}\n`).join("");
  writeFileSync(join(directory, medium.firstPackages), names(packages.first));
  writeFileSync(join(directory, medium.otherPackages), names(packages.others));
  writeFileSync(join(directory, medium.script), installScript);
  const anonymous = ["--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"];
  const ordered = ["--sort=name", "--mtime=@0", "--format=ustar"];
  hostCommand("tar", [...ordered, ...anonymous, "-C", directory, "-cf", path, "."]);
}

/** `base-files` has the links from `/bin` to `/usr/bin` that the others rely on. */
function unpackingOrder(files: readonly string[]): string[] {
  const isBase = (file: string): boolean => basename(file).startsWith("base-files_");
  return [...files.filter(isBase), ...files.filter((file) => !isBase(file))];
}
