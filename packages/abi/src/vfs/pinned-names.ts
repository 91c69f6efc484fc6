/**
 * Directory listings with the names that mounting made: `/proc` and `/dev` are seen in a root that
 * has no such directories of its own.
 */
import type { Dentry } from "./dentry.ts";
import { DirectoryFile } from "./directory-file.ts";
import type { DirectoryEntry, OpenFile } from "./types.ts";

/** Positions of made names lie above all that file systems use. */
const firstPosition = 2 ** 52;

/** An open directory that also lists its dentry's pinned names. */
export function withPinnedNames(file: OpenFile, dentry: Dentry): OpenFile {
  if (!dentry.hasPinned) return file;
  return new DirectoryFile(
    file.inode,
    (position) => list(file, dentry, position),
    () => file.close(),
  );
}

function* list(file: OpenFile, dentry: Dentry, position: number): Iterable<DirectoryEntry> {
  if (position < firstPosition) {
    for (const entry of file.readDirectory(position)) {
      if (dentry.pinned(entry.name) === undefined) yield entry;
    }
  }
  let at = firstPosition;
  for (const { inode, name } of dentry.pinnedEntries()) {
    at += 1;
    if (at <= position) continue;
    yield { name, ino: inode.stat().ino, kind: inode.kind, nextPosition: at };
  }
}
