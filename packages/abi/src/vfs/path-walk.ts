/**
 * Path resolution: from a path name to a place in the tree.
 *
 * Every component is looked up here, one inode at a time, and symlinks are followed here by their
 * text, in the guest's own name space. No file system and no host is ever given a path of more
 * than one component, so none can leave the tree.
 *
 * @see path_resolution(7), symlink(7)
 */
import { LinuxError } from "../linux/errno.ts";
import type { MountTable } from "./mount-table.ts";
import { isLongerThan } from "./path-name.ts";
import { demand, may } from "./permission.ts";
import type { FileContext, Inode, Location, ResolveOptions, Start } from "./types.ts";

/** The most symlinks that one resolution follows (`MAXSYMLINKS`). */
const symlinkLimit = 40;
/** The longest path name, without its terminating zero byte (`PATH_MAX - 1`). */
const pathLimitBytes = 4095;
/** The longest component (`NAME_MAX`). */
const nameLimitBytes = 255;

/** What a path name means. */
export interface Resolved {
  readonly inode: Inode;
  /** Undefined only for what has no place in the tree: a pipe behind `/proc/self/fd/3`. */
  readonly location: Location | undefined;
}

/** A name that need not exist, in a directory that does. */
export interface ResolvedName {
  readonly parent: Location;
  /** The last component; undefined if it is `.`, `..` or the root. */
  readonly name: string | undefined;
  /** What the last component is if it is no name. */
  readonly special: "." | ".." | "/" | undefined;
  readonly trailingSlash: boolean;
}

/** One resolution in progress; its count of symlinks goes on over several walks. */
export class PathWalk {
  readonly #mounts: MountTable;
  readonly #context: FileContext;
  #links = 0;

  constructor(mounts: MountTable, context: FileContext) {
    this.#mounts = mounts;
    this.#context = context;
  }

  /** Resolves a path to what is there. */
  resolve(start: Start, path: string, options: ResolveOptions = {}): Resolved {
    if (path === "") {
      if (options.allowEmpty !== true) throw new LinuxError("ENOENT", path);
      return place(start ?? this.#context.workingDirectory);
    }
    const from = this.#origin(start, path);
    const found = this.#follow(from, components(path), path, options.follow ?? true);
    if (options.directory === true && found.inode.kind !== "directory") {
      throw new LinuxError("ENOTDIR", path);
    }
    return found;
  }

  /** Resolves all of a path but its last component, which may be missing. */
  resolveName(start: Start, path: string): ResolvedName {
    if (path === "") throw new LinuxError("ENOENT", path);
    let from = this.#origin(start, path);
    const names = components(path);
    const trailingSlash = names.at(-1) === "";
    if (trailingSlash) names.pop();
    const name = names.pop();
    if (names.length > 0) {
      const found = this.#follow(from, names, path, true);
      if (found.location === undefined) throw new LinuxError("ENOTDIR", path);
      from = found.location;
    }
    if (from.dentry.inode.kind !== "directory") throw new LinuxError("ENOTDIR", path);
    if (name === undefined || name === "." || name === "..") {
      return { parent: from, name: undefined, special: name ?? "/", trailingSlash };
    }
    return { parent: from, name, special: undefined, trailingSlash };
  }

  /** What a single name in a directory means, without following it; undefined if nothing. */
  child(parent: Location, name: string, path: string): Location | undefined {
    const directory = parent.dentry.inode;
    if (directory.kind !== "directory") throw new LinuxError("ENOTDIR", path);
    demand(directory, this.#context.credentials, may.execute, path);
    if (isLongerThan(name, nameLimitBytes)) throw new LinuxError("ENAMETOOLONG", path);
    const pinned = parent.dentry.pinned(name);
    if (pinned !== undefined) return this.#mounts.cross({ mount: parent.mount, dentry: pinned });
    // A mount point stays one even if the host replaced the directory underneath.
    const cached = parent.dentry.cached(name);
    if (cached !== undefined && this.#mounts.isMountPoint(cached)) {
      return this.#mounts.cross({ mount: parent.mount, dentry: cached });
    }
    const inode = directory.lookup(name);
    if (inode === undefined) {
      parent.dentry.remove(name);
      return undefined;
    }
    return { mount: parent.mount, dentry: parent.dentry.child(name, inode) };
  }

  /** Counts a symlink and gives its text. @throws LinuxError ELOOP after too many. */
  countLink(link: Inode, path: string): string {
    this.#links += 1;
    if (this.#links > symlinkLimit) throw new LinuxError("ELOOP", path);
    const text = link.readlink();
    if (text === "") throw new LinuxError("ENOENT", path);
    return text;
  }

  #origin(start: Start, path: string): Location {
    if (isLongerThan(path, pathLimitBytes)) throw new LinuxError("ENAMETOOLONG", path);
    // The guest's kernel never passes one; a host program's mistake must not reach a driver.
    if (path.includes("\0")) throw new LinuxError("EINVAL", path);
    return path.startsWith("/") ? this.#context.root : (start ?? this.#context.workingDirectory);
  }

  #follow(from: Location, names: string[], path: string, followLast: boolean): Resolved {
    let at: Resolved = place(from);
    const pending = names.reverse();
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      const location = at.location;
      if (location === undefined || at.inode.kind !== "directory") {
        throw new LinuxError("ENOTDIR", path);
      }
      // A trailing slash asks for a directory and for nothing else, not even search permission.
      if (name === "") continue;
      const next = this.#step(location, name, path);
      const inode = next.dentry.inode;
      if (inode.kind !== "symlink" || (pending.length === 0 && !followLast)) {
        at = place(next);
        continue;
      }
      const magic = inode.followMagic?.();
      const text = this.countLink(inode, path);
      if (magic === undefined) {
        at = place(text.startsWith("/") ? this.#context.root : location);
        const inner = components(text);
        for (let part = inner.pop(); part !== undefined; part = inner.pop()) pending.push(part);
      } else {
        at =
          "location" in magic ? place(magic.location) : { inode: magic.inode, location: undefined };
      }
    }
    return at;
  }

  #step(location: Location, name: string, path: string): Location {
    if (name === "." || name === "..") {
      demand(location.dentry.inode, this.#context.credentials, may.execute, path);
      return name === "." ? location : this.#up(location);
    }
    const next = this.child(location, name, path);
    if (next === undefined) throw new LinuxError("ENOENT", path);
    return next;
  }

  #up(from: Location): Location {
    const { root } = this.#context;
    let { mount, dentry } = from;
    while (true) {
      if (mount === root.mount && dentry === root.dentry) return { mount, dentry };
      if (dentry !== mount.root) break;
      if (mount.mountPoint === undefined) return { mount, dentry };
      ({ mount, dentry } = mount.mountPoint);
    }
    return this.#mounts.cross({ mount, dentry: dentry.parent ?? dentry });
  }
}

/** The components of a path; an empty last one stands for a trailing slash. */
function components(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "");
  if (path.endsWith("/") && names.length > 0) names.push("");
  return names;
}

function place(location: Location): Resolved {
  return { inode: location.dentry.inode, location };
}
