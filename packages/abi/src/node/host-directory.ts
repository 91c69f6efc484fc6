/** Lending a directory or file of the host to a guest. */
import { realpathSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { HostFileDriver } from "../vfs/host/driver.ts";
import { HostFileSystem } from "../vfs/host/file-system.ts";
import { onHost } from "../vfs/host/host-error.ts";
import { CheckedDirectory } from "./checked-directory.ts";
import { DescriptorDirectory } from "./descriptor-directory.ts";

/** How a directory or file of the host is lent. */
export interface HostDirectoryOptions {
  /** The guest can't change anything. Default false. */
  readonly readOnly?: boolean;
}

/** The driver over `node:fs`: through directory descriptors on Linux, through checked paths elsewhere. */
export const nodeFileDriver: HostFileDriver = {
  openRoot: (path) =>
    DescriptorDirectory.isAvailable()
      ? DescriptorDirectory.openRoot(path)
      : CheckedDirectory.openRoot(path),
};

/**
 * A file system over a directory of the host, or over a single file, ready to be mounted.
 *
 * The path is the host program's own: symlinks in it are followed. Whatever the guest does, it
 * reaches nothing outside of it.
 *
 * @throws LinuxError ENOENT, ENOTDIR, EACCES
 * @see docs/file-system.md for what is and isn't promised
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { MemoryFileSystem, Vfs } from "@isovm/abi";
 * import { openHostDirectory } from "@isovm/abi/node";
 *
 * const directory = mkdtempSync(join(tmpdir(), "isovm-"));
 * writeFileSync(join(directory, "hello"), "hello");
 * const clock = () => BigInt(Date.now()) * 1_000_000n;
 * const vfs = new Vfs({ root: new MemoryFileSystem({ clock }), clock });
 * vfs.mount("/data", openHostDirectory(directory, { readOnly: true }));
 * const context = vfs.initialContext({ uid: 0, gid: 0, groups: [] });
 * assert.equal(vfs.stat(context, undefined, "/data/hello").sizeBytes, 5);
 * assert.throws(() => vfs.unlink(context, undefined, "/data/hello"), { code: "EROFS" });
 * ```
 */
export function openHostDirectory(
  path: string,
  options: HostDirectoryOptions = {},
): HostFileSystem {
  return onHost(() => {
    const real = realpathSync.native(path);
    if (statSync(real).isDirectory()) {
      return new HostFileSystem({ directory: nodeFileDriver.openRoot(real), ...options });
    }
    const directory = nodeFileDriver.openRoot(dirname(real));
    return new HostFileSystem({ directory, file: basename(real), ...options });
  });
}
