/**
 * How a generated tree such as `/proc` is described: files, directories and links as functions
 * that say what is there now.
 */
import type { MagicTarget } from "../types.ts";

/** Attributes that any generated node may have. */
export interface SyntheticAttributes {
  /** Permission bits. Default 0444 for files, 0555 for directories, 0777 for links. */
  readonly mode?: number;
  /** Who owns it; default root. */
  readonly owner?: () => { readonly uid: number; readonly gid: number };
  /**
   * Tells two nodes of one name apart: a name whose identity changed (another process with an old
   * number) means another inode, which open files and working directories don't confuse.
   */
  readonly identity?: unknown;
}

/** A file whose contents are made when it is read. */
export interface SyntheticFile extends SyntheticAttributes {
  readonly kind: "file";
  /** The contents now; called whenever a read starts at position 0. */
  readonly read: () => string | Uint8Array;
  /** Takes what is written, whole. @throws LinuxError to refuse it; without it, EACCES at open. */
  readonly write?: (bytes: Uint8Array) => void;
}

/** A directory whose entries are fixed, or found when they are asked for. */
export interface SyntheticDirectory extends SyntheticAttributes {
  readonly kind: "directory";
  /** The entry of a name. */
  readonly lookup: (name: string) => SyntheticNode | undefined;
  /** All names, in listing order. */
  readonly list: () => Iterable<string>;
}

/** A symlink, maybe a magic one. */
export interface SyntheticLink extends SyntheticAttributes {
  readonly kind: "symlink";
  /** What `readlink` gives, and where an ordinary link leads. */
  readonly text: () => string;
  /** Where a magic link leads; see `Inode.followMagic`. */
  readonly follow?: () => MagicTarget;
}

/** A node of a generated tree. */
export type SyntheticNode = SyntheticFile | SyntheticDirectory | SyntheticLink;

/** A file with generated contents. */
export function textFile(
  read: () => string | Uint8Array,
  attributes: SyntheticAttributes & Pick<SyntheticFile, "write"> = {},
): SyntheticFile {
  return { kind: "file", read, ...attributes };
}

/** A directory with a fixed set of entries. */
export function fixedDirectory(
  entries: Readonly<Record<string, SyntheticNode>>,
  attributes: SyntheticAttributes = {},
): SyntheticDirectory {
  const nodes = new Map(Object.entries(entries));
  return {
    kind: "directory",
    lookup: (name) => nodes.get(name),
    list: () => nodes.keys(),
    ...attributes,
  };
}

/** A directory whose entries come and go; `list` must name only what `lookup` finds. */
export function liveDirectory(
  list: () => Iterable<string>,
  lookup: (name: string) => SyntheticNode | undefined,
  attributes: SyntheticAttributes = {},
): SyntheticDirectory {
  return { kind: "directory", list, lookup, ...attributes };
}

/** An ordinary symlink. */
export function textLink(text: () => string, attributes: SyntheticAttributes = {}): SyntheticLink {
  return { kind: "symlink", text, ...attributes };
}

/** A magic link: `text` is for the reader, `follow` is where it leads. */
export function magicLink(
  text: () => string,
  follow: () => MagicTarget,
  attributes: SyntheticAttributes = {},
): SyntheticLink {
  return { kind: "symlink", text, follow, ...attributes };
}

/** Entries of several directories as one; the first that has a name wins. */
export function mergedDirectory(
  directories: readonly SyntheticDirectory[],
  attributes: SyntheticAttributes = {},
): SyntheticDirectory {
  return {
    kind: "directory",
    list: () => new Set(directories.flatMap(({ list }) => [...list()])),
    lookup: (name) => {
      for (const { lookup } of directories) {
        const node = lookup(name);
        if (node !== undefined) return node;
      }
      return undefined;
    },
    ...attributes,
  };
}
