/**
 * Dentries: the names through which inodes were reached.
 *
 * They give a directory its parent (`..`), an open file its path (`/proc/self/fd/3`, `getcwd`),
 * and they follow renames. A file system knows nothing of them. As long as somebody holds a
 * dentry, the same name gives the same dentry; that is all that the cache is for, so it holds
 * them weakly and every lookup still asks the file system.
 *
 * @see https://docs.kernel.org/filesystems/vfs.html#directory-entry-cache-dcache
 */
import type { Inode } from "./types.ts";

/** Dead weak references are swept when a directory's cache has grown to this many names. */
const firstSweep = 64;

/** A name in a directory, and the inode that it was found to mean. */
export class Dentry {
  readonly inode: Inode;
  #name: string;
  #parent: Dentry | undefined;
  #removed = false;
  #children: Map<string, WeakRef<Dentry>> | undefined;
  #sweepAt = firstSweep;
  /** Names that mounting made, in the tree for as long as this dentry is. */
  #pinned: Map<string, Dentry> | undefined;

  constructor(inode: Inode, name: string, parent: Dentry | undefined) {
    this.inode = inode;
    this.#name = name;
    this.#parent = parent;
  }

  /** A dentry for a file that never had a name (`O_TMPFILE`). */
  static unnamed(inode: Inode, parent: Dentry): Dentry {
    const dentry = new Dentry(inode, `#${inode.stat().ino}`, parent);
    dentry.#removed = true;
    return dentry;
  }

  /** The last component; empty for the root of a file system. */
  get name(): string {
    return this.#name;
  }

  /** The directory that the name is in; undefined for the root of a file system. */
  get parent(): Dentry | undefined {
    return this.#parent;
  }

  /** True once the name was removed; what `/proc/self/fd/3` shows as ` (deleted)`. */
  get removed(): boolean {
    return this.#removed;
  }

  /** The cached dentry of a name, if somebody still holds it. */
  cached(name: string): Dentry | undefined {
    return this.#pinned?.get(name) ?? this.#children?.get(name)?.deref();
  }

  /** The dentry of a name that mounting made. */
  pinned(name: string): Dentry | undefined {
    return this.#pinned?.get(name);
  }

  /** True if mounting made names in this directory. */
  get hasPinned(): boolean {
    return this.#pinned !== undefined;
  }

  /** All names that mounting made. */
  pinnedEntries(): Iterable<Dentry> {
    return this.#pinned?.values() ?? [];
  }

  /** The dentry of a name that the file system says means `inode`. */
  child(name: string, inode: Inode): Dentry {
    const known = this.cached(name);
    if (known !== undefined) {
      if (known.inode === inode) return known;
      known.#removed = true;
    }
    const dentry = new Dentry(inode, name, this);
    this.#remember(name, dentry);
    return dentry;
  }

  /** Makes a name that the file system doesn't know; it shadows one that it does. */
  pin(name: string, inode: Inode): Dentry {
    const dentry = new Dentry(inode, name, this);
    this.#pinned ??= new Map();
    this.#pinned.set(name, dentry);
    return dentry;
  }

  /** The name is gone. */
  remove(name: string): void {
    const known = this.#children?.get(name)?.deref();
    if (known !== undefined) known.#removed = true;
    this.#children?.delete(name);
  }

  /** A name moved; dentries of the new name, if it existed, are gone or exchanged. */
  move(name: string, target: Dentry, newName: string, exchange: boolean): void {
    const moved = this.#children?.get(name)?.deref();
    const replaced = target.#children?.get(newName)?.deref();
    if (moved !== undefined && moved === replaced) return;
    this.#children?.delete(name);
    target.#children?.delete(newName);
    if (moved !== undefined) {
      moved.#parent = target;
      moved.#name = newName;
      target.#remember(newName, moved);
    }
    if (replaced === undefined) return;
    if (exchange) {
      replaced.#parent = this;
      replaced.#name = name;
      this.#remember(name, replaced);
    } else {
      replaced.#removed = true;
    }
  }

  /** True if `other` is this dentry or below it. */
  contains(other: Dentry): boolean {
    for (let at: Dentry | undefined = other; at !== undefined; at = at.#parent) {
      if (at === this) return true;
    }
    return false;
  }

  #remember(name: string, dentry: Dentry): void {
    this.#children ??= new Map();
    const children = this.#children;
    if (children.size >= this.#sweepAt) {
      for (const [key, reference] of children) {
        if (reference.deref() === undefined) children.delete(key);
      }
      this.#sweepAt = Math.max(firstSweep, children.size * 2);
    }
    children.set(name, new WeakRef(dentry));
  }
}
