/** Filling a file system from the host program's data: the program to run, its configuration. */
import { LinuxError } from "../linux/errno.ts";
import type { FileSystem, Inode } from "./types.ts";

/** A node to be made: a file's contents, a directory, or a symlink's text. */
export type PopulateNode =
  | { readonly contents: Uint8Array | string; readonly mode?: number }
  | { readonly directory: true; readonly mode?: number }
  | { readonly target: string };

/**
 * Makes files, directories and symlinks in a file system, and the directories on the way to them.
 *
 * Paths are relative to the file system's root and are not resolved: their components must be
 * names. Everything belongs to root; directories on the way get mode 0755, files 0644 by default.
 *
 * @throws LinuxError EEXIST, ENOSPC, ENOTDIR; EINVAL for a path with `..`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFileSystem, populate, Vfs } from "@isovm/abi";
 *
 * const clock = () => 0n;
 * const root = new MemoryFileSystem({ clock });
 * populate(root, { "etc/hostname": { contents: "isovm\n" } });
 * const vfs = new Vfs({ root, clock });
 * const context = vfs.initialContext({ uid: 0, gid: 0, groups: [] });
 * assert.equal(vfs.stat(context, undefined, "/etc/hostname").sizeBytes, 6);
 * ```
 */
export function populate(
  fileSystem: FileSystem,
  nodes: Readonly<Record<string, PopulateNode>>,
): void {
  for (const [path, node] of Object.entries(nodes)) {
    const names = path.split("/").filter((name) => name !== "" && name !== ".");
    const name = names.pop();
    if (name === undefined || name === ".." || names.includes("..")) {
      throw new LinuxError("EINVAL", path);
    }
    let directory = fileSystem.root;
    for (const part of names)
      directory = directory.lookup(part) ?? make(directory, part, { directory: true });
    make(directory, name, node);
  }
}

function make(parent: Inode, name: string, node: PopulateNode): Inode {
  const owner = { uid: 0, gid: 0 };
  if ("target" in node) {
    return parent.create(name, { kind: "symlink", mode: 0o777, target: node.target, ...owner });
  }
  if ("directory" in node) {
    const known = parent.lookup(name);
    return known ?? parent.create(name, { kind: "directory", mode: node.mode ?? 0o755, ...owner });
  }
  const { contents } = node;
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  const newNode = { kind: "file", mode: node.mode ?? 0o644, ...owner } as const;
  const file = parent.createOpen(name, newNode, { read: false, write: true });
  const written = file.write(bytes, 0);
  file.close();
  if (written < bytes.length) throw new LinuxError("ENOSPC", name);
  return file.inode;
}
