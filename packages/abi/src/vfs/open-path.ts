/**
 * `open(2)` over inodes: creation, exclusiveness, truncation, and what may be opened how.
 * @see open(2)
 */
import { LinuxError } from "../linux/errno.ts";
import { Dentry } from "./dentry.ts";
import { modeBits, permissionMask } from "./mode.ts";
import type { PathWalk, Resolved, ResolvedName } from "./path-walk.ts";
import { demand, inGroup, may } from "./permission.ts";
import { withPinnedNames } from "./pinned-names.ts";
import type {
  FileContext,
  FileKind,
  Location,
  NewInode,
  OpenOptions,
  OpenResult,
  Start,
} from "./types.ts";

/** Opens a path. The walk is fresh. */
export function openPath(
  walk: PathWalk,
  context: FileContext,
  start: Start,
  path: string,
  options: OpenOptions,
): OpenResult {
  if (options.path === true) {
    const found = walk.resolve(start, path, {
      follow: options.noFollow !== true,
      directory: options.directory === true,
      allowEmpty: options.allowEmpty === true,
    });
    return { ...found, file: undefined, created: false };
  }
  if (options.temporary === true) return openTemporary(walk, context, start, path, options);
  if (options.create !== true) {
    const found = walk.resolve(start, path, {
      follow: options.noFollow !== true,
      directory: options.directory === true,
      allowEmpty: options.allowEmpty === true,
    });
    if (found.inode.kind === "symlink") throw new LinuxError("ELOOP", path);
    return openFound(found, context, path, options);
  }
  if (options.directory === true) throw new LinuxError("EINVAL", path);
  return openOrCreate(walk, context, start, path, options);
}

/** What a new inode is made of: umask applied, and the group of a set-group-id directory. */
export function newInode(
  context: FileContext,
  parent: Location,
  kind: FileKind,
  mode: number,
  rest: Pick<NewInode, "rdev" | "target"> = {},
): NewInode {
  const { credentials, umask } = context;
  const directory = parent.dentry.inode.stat();
  const inheritsGroup = (directory.mode & modeBits.setGid) !== 0;
  const gid = inheritsGroup ? directory.gid : credentials.gid;
  let bits = mode & permissionMask & ~umask;
  if (inheritsGroup && kind === "directory") bits |= modeBits.setGid;
  // A program must not gain a group that its maker isn't in.
  if (inheritsGroup && kind === "file" && credentials.uid !== 0 && !inGroup(credentials, gid)) {
    bits &= ~modeBits.setGid;
  }
  return { kind, mode: bits, uid: credentials.uid, gid, ...rest };
}

/** @throws LinuxError EROFS, EACCES unless names can be made and removed in the directory. */
export function demandWritableDirectory(
  context: FileContext,
  parent: Location,
  path: string,
): void {
  if (parent.mount.readOnly) throw new LinuxError("EROFS", path);
  demand(parent.dentry.inode, context.credentials, may.write | may.execute, path);
}

function openOrCreate(
  walk: PathWalk,
  context: FileContext,
  start: Start,
  path: string,
  options: OpenOptions,
): OpenResult {
  let from = start;
  let rest = path;
  while (true) {
    const target = walk.resolveName(from, rest);
    if (target.name === undefined) {
      throw new LinuxError(options.exclusive === true ? "EEXIST" : "EISDIR", path);
    }
    if (target.trailingSlash) throw new LinuxError("EISDIR", path);
    const location = walk.child(target.parent, target.name, path);
    if (location === undefined) return createFile(context, target, target.name, path, options);
    if (options.exclusive === true) throw new LinuxError("EEXIST", path);
    const { inode } = location.dentry;
    if (inode.kind !== "symlink") return openFound({ inode, location }, context, path, options);
    if (options.noFollow === true) throw new LinuxError("ELOOP", path);
    const magic = inode.followMagic?.();
    const text = walk.countLink(inode, path);
    if (magic !== undefined) {
      const found: Resolved =
        "location" in magic
          ? { inode: magic.location.dentry.inode, location: magic.location }
          : { inode: magic.inode, location: undefined };
      return openFound(found, context, path, options);
    }
    // A dangling symlink makes the file that it names.
    from = target.parent;
    rest = text;
  }
}

function createFile(
  context: FileContext,
  { parent }: ResolvedName,
  name: string,
  path: string,
  options: OpenOptions,
): OpenResult {
  demandWritableDirectory(context, parent, path);
  const node = newInode(context, parent, "file", options.mode ?? 0);
  // The new file's own permissions don't bind this first open: mode 0 is a common lock file.
  const file = parent.dentry.inode.createOpen(name, node, accessOf(options));
  const { inode } = file;
  const location = { mount: parent.mount, dentry: parent.dentry.child(name, inode) };
  return { inode, location, file, created: true };
}

function openFound(
  found: Resolved,
  context: FileContext,
  path: string,
  options: OpenOptions,
): OpenResult {
  const { inode, location } = found;
  const isDirectory = inode.kind === "directory";
  const writes = options.write === true || options.truncate === true;
  if (isDirectory && (writes || options.create === true)) throw new LinuxError("EISDIR", path);
  demand(
    inode,
    context.credentials,
    (options.read === true ? may.read : 0) | (writes ? may.write : 0),
    path,
  );
  const isStored = inode.kind === "file" || isDirectory;
  if (writes && isStored && location?.mount.readOnly === true) throw new LinuxError("EROFS", path);
  if (inode.kind === "fifo" || inode.kind === "socket") {
    return { ...found, file: undefined, created: false };
  }
  const file = inode.open(accessOf(options));
  if (options.truncate === true && inode.kind === "file") {
    try {
      // O_TRUNC works with O_RDONLY too.
      if (options.write === true) file.truncate(0);
      else inode.truncate(0);
    } catch (error) {
      file.close();
      throw error;
    }
  }
  const shown =
    isDirectory && location !== undefined ? withPinnedNames(file, location.dentry) : file;
  return { ...found, file: shown, created: false };
}

function openTemporary(
  walk: PathWalk,
  context: FileContext,
  start: Start,
  path: string,
  options: OpenOptions,
): OpenResult {
  if (options.write !== true) throw new LinuxError("EINVAL", path);
  const { location } = walk.resolve(start, path, { directory: true });
  if (location === undefined) throw new LinuxError("ENOTDIR", path);
  demandWritableDirectory(context, location, path);
  const node = newInode(context, location, "file", options.mode ?? 0);
  const isLinkable = options.exclusive !== true;
  const file = location.dentry.inode.createUnnamed(node, accessOf(options), isLinkable);
  const dentry = Dentry.unnamed(file.inode, location.dentry);
  return { inode: file.inode, location: { mount: location.mount, dentry }, file, created: true };
}

function accessOf(options: OpenOptions): { read: boolean; write: boolean } {
  return { read: options.read === true, write: options.write === true };
}
