/** The initial file system: busybox, kernel modules, a script. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ArchiveEntry, cpioArchive } from "./cpio.ts";
import { hostCommand } from "./host-command.ts";
import { initScript } from "./init-script.ts";
import {
  aliasTable,
  dependencyTable,
  type KernelModule,
  moduleName,
  readModule,
  withDependencies,
} from "./kernel-modules.ts";

/** What an initial file system is made from: directories of unpacked packages. */
export interface InitramfsSources {
  /** Path of a busybox that needs no library. */
  readonly busybox: string;
  /** Path of the directory `lib/modules/VERSION`. */
  readonly modules: string;
  /** The kernel's version. */
  readonly version: string;
  /** Names of the kernel modules that it has; what they depend on comes with them. */
  readonly include: readonly string[];
}

interface LoadedModule extends KernelModule {
  readonly bytes: Uint8Array;
}

/** The initial file system as a cpio archive, not compressed: a guest unpacks it fastest so. */
export function initramfs(sources: InitramfsSources): Uint8Array {
  const { busybox, modules, version, include } = sources;
  const loaded = loadModules(modules, include);
  const text = (path: string, content: string, permissions = 0o644): ArchiveEntry => ({
    path,
    permissions,
    bytes: new TextEncoder().encode(content),
  });
  const home = `lib/modules/${version}`;
  return cpioArchive([
    ...["bin", "dev", "lib", "lib/modules", home].map((path) => ({ path, permissions: 0o755 })),
    { path: "bin/busybox", permissions: 0o755, bytes: readFileSync(busybox) },
    text("init", initScript, 0o755),
    text(`${home}/modules.dep`, dependencyTable(loaded)),
    text(`${home}/modules.alias`, aliasTable(loaded)),
    ...loaded.map(({ name, bytes }) => ({
      path: `${home}/${name}.ko`,
      permissions: 0o644,
      bytes,
    })),
  ]);
}

function loadModules(directory: string, include: readonly string[]): LoadedModule[] {
  const files = new Map(
    readdirSync(directory, { recursive: true, encoding: "utf8" })
      .filter((path) => /\.ko(\.xz)?$/.test(path))
      .map((path) => [moduleName(path), join(directory, path)]),
  );
  return withDependencies(include, (name) => {
    const path = files.get(name);
    if (path === undefined) return undefined;
    const bytes = path.endsWith(".xz") ? hostCommand("xz", ["-dc", path]) : readFileSync(path);
    return { ...readModule(path, bytes), bytes };
  });
}
